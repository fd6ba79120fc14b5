"""What `messaging-warehouse doctor` does: look at set-up, raw input and logs before a build, and say what is wrong.

Looking reads and never writes; judging and describing are pure. What the raw contract is stands in the project, in the
YAML of its base views; what each mart needs stands in mart_needs.yml.
"""

from __future__ import annotations

import csv
import difflib
import fcntl
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb
import yaml
from packaging.requirements import Requirement

from messaging_warehouse.event_log import LogSighting, Tolerances, Vocabulary, look_into_events, look_into_presence
from messaging_warehouse.needs import Needs, foretell
from messaging_warehouse.objects import Feeds, field_name, inputs_lost
from messaging_warehouse.raw_input import (
    BUCKET,
    REQUIRED_TABLE,
    columns_of,
    files_of,
    find_problems,
    relation_of,
)

PRESENCE_TABLE = "raw_presence_events"
PROJECT_NAME = "messaging_warehouse"
# A share that is worth a word, and a silence that no weekend explains.
UNUSUAL_RATE = 0.01
LONG_SILENCE = timedelta(days=4)
# Below this share of different event ids something else than redelivery is going on; the engine's estimate of how many
# there are may be a fifth too low.
LEAST_SHARE_OF_IDS = 0.5
CLOCK_TOLERANCE = timedelta(minutes=5)
# How alike the name of a folder is to that of a table before it is taken for a slip.
ALIKE = 0.75
LONGEST_LIST = 5


class DoctorError(Exception):
    """Nothing could be looked at: there is no project of this name here."""


class Verdict(IntEnum):
    """How bad a finding is, as the command's exit code; 1 and 2 are taken: could not look, and wrong usage."""

    OK = 0
    WARNING = 3
    ERROR = 4


@dataclass(frozen=True)
class Finding:
    """Something that was looked at, in one sentence that names the remedy where there is something to mend."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Settings:
    """What a build is told: the project's folder, and MESSAGING_RAW, _SOURCE, _DB and _ATTACH."""

    project: Path
    raw: str = ""
    source: str = ""
    database: str = "warehouse.duckdb"
    attach: str = ""

    def path(self, name: str) -> Path:
        """Return a path as dbt takes it: what is relative begins at the project's folder."""
        return self.project / name


@dataclass(frozen=True)
class Project:
    """What the project's own files say.

    Attributes:
        python: the versions of Python that it runs on.
        packages: what it needs, each with its locked version.
        contract: columns by raw table.
        objects: columns by object of the adapter that `source` names; of none without an adapter.
        adapted_tables: the raw tables that the adapter makes.
        vocabulary, tolerances: what the logs may say, and how far clocks may be apart.
        schemas: where it writes to.
    """

    python: str
    packages: tuple[tuple[Requirement, str | None], ...]
    contract: Mapping[str, Sequence[str]]
    objects: Mapping[str, Sequence[str]]
    adapted_tables: tuple[str, ...]
    vocabulary: Vocabulary
    tolerances: Tolerances
    schemas: frozenset[str]


@dataclass(frozen=True)
class Package:
    """A package that the project needs: which versions will do, which one is tested, and which one is there."""

    name: str
    needed: str
    locked: str | None
    installed: str | None
    is_fit: bool


class FileState(Enum):
    """What the file is that a build would write."""

    ABSENT = "absent"
    WAREHOUSE = "warehouse"
    WITHOUT_TABLES = "without tables"
    FOREIGN = "foreign"
    HELD = "held"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class DatabaseSighting:
    """The file that a build would write, and the disk that it is on."""

    path: Path
    state: FileState
    is_writable: bool
    free_bytes: int


@dataclass(frozen=True)
class RawSighting:
    """The place of the raw rows.

    Attributes:
        name: the place, as one names it.
        problems: sentences about what stops a build.
        slips: sentences about what a build would overlook.
        tables: tables of the contract, or objects of the adapter, that are there, with the columns they have.
        size_bytes: how large the files are, as far as it is known.
        is_looked_at: whether the place could be looked at at all.
    """

    name: str
    problems: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    size_bytes: int = 0
    is_looked_at: bool = True


@dataclass(frozen=True)
class Sighting:
    """All that was seen."""

    settings: Settings
    project: Project
    python: tuple[int, ...]
    packages: tuple[Package, ...]
    database: DatabaseSighting
    raw: RawSighting | None = None
    logs: Mapping[str, LogSighting] = field(default_factory=dict)
    unreadable_logs: Mapping[str, str] = field(default_factory=dict)


def find_project(start: Path) -> Path:
    """Return the folder with dbt_project.yml, in `start` or above it.

    Raises DoctorError where there is none, or where it is another project's.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / "dbt_project.yml").is_file():
            name = _yaml(folder / "dbt_project.yml").get("name")
            if name != PROJECT_NAME:
                raise DoctorError(f"{folder} is the dbt project {name}, not {PROJECT_NAME}; give --project-dir.")
            return folder
    raise DoctorError(
        f"there is no dbt_project.yml in {start} or above it; run this in the project's folder, or give --project-dir."
    )


def look(settings: Settings, feeds: Mapping[str, Feeds] | None = None) -> Sighting:
    """Look at everything; nothing is written. Raises DoctorError where the project cannot be read."""
    project = read_project(settings.project, settings.source)
    seen = Sighting(
        settings=settings,
        project=project,
        python=sys.version_info[:3],
        packages=tuple(_look_at_package(*package) for package in project.packages),
        database=_look_at_database(settings),
    )
    if settings.raw == "" and settings.source == "":
        return seen
    fed = (feeds or {}).get(settings.source)
    raw = _look_at_raw(settings, project, fed.required if fed else next(iter(project.objects), ""))
    if settings.source or raw.problems or not raw.is_looked_at:
        return Sighting(**(vars(seen) | {"raw": raw}))
    logs, unreadable = _look_into_logs(settings, project, raw)
    return Sighting(**(vars(seen) | {"raw": raw, "logs": logs, "unreadable_logs": unreadable}))


def judge(sighting: Sighting, at: datetime, needs: Needs, feeds: Mapping[str, Feeds] | None = None) -> list[Finding]:
    """Say of everything that was seen whether it is fine at a moment (with its zone), in the order of looking."""
    return [
        *_about_versions(sighting),
        *_about_the_database(sighting),
        *_about_the_source(sighting),
        *_about_raw(sighting),
        *(_about_objects(sighting, feeds or {}) if sighting.settings.source else ()),
        *_about_logs(sighting, at),
        *_about_losses(sighting, needs, feeds or {}),
    ]


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of the findings."""
    return max((finding.verdict for finding in findings), default=Verdict.OK)


def describe(findings: Sequence[Finding]) -> str:
    """Lay out the findings one a line, and say in the last whether a build would run."""
    lines = [f"{finding.verdict.name.lower():<7}  {finding.sentence}" for finding in findings]
    errors, warnings = (
        sum(finding.verdict is verdict for finding in findings) for verdict in (Verdict.ERROR, Verdict.WARNING)
    )
    if errors:
        last = f"dbt build would not run through: {_counted(errors, 'error')} to mend first."
    elif warnings:
        last = f"dbt build would run; {_counted(warnings, 'warning')}: what they name will be missing."
    else:
        last = "dbt build would run."
    return "\n".join([*lines, "", last])


# --- reading the project --------------------------------------------------------------------------


def read_project(folder: Path, source: str = "") -> Project:
    """Read what the project's files say. Raises DoctorError, naming the file that cannot be read."""
    try:
        pyproject = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        project = _yaml(folder / "dbt_project.yml")
        locked = dict(re.findall(r"^([\w.-]+)==(\S+)", _text(folder / "requirements.lock"), re.MULTILINE))
        adapter = folder / "models" / "staging" / source if source else None
        return Project(
            python=pyproject["requires-python"],
            packages=tuple(
                (requirement, locked.get(requirement.name.lower()))
                for requirement in map(Requirement, pyproject["dependencies"])
            ),
            contract=_columns_by_meta(folder / "models" / "staging" / "messaging" / "base", "raw_table"),
            objects=_columns_by_meta(adapter / "base", "raw_object") if adapter else {},
            adapted_tables=tuple(
                sorted(file.stem.removeprefix(f"stg_{source}__") for file in adapter.rglob(f"stg_{source}__raw_*.sql"))
            )
            if adapter
            else (),
            vocabulary=Vocabulary(
                {
                    row["event_type"]: tuple((row["required_keys"] or "").split())
                    for row in _rows(folder / "seeds" / "config" / "event_types.csv")
                },
                tuple(row["status"] for row in _rows(folder / "seeds" / "config" / "presence_statuses.csv")),
            ),
            tolerances=_tolerances(project["vars"]),
            schemas=frozenset({"main", "journal", *_schemas({k: project.get(k, {}) for k in ("models", "seeds")})}),
        )
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DoctorError(
            f"the project in {folder} cannot be read ({error.__class__.__name__}: {error}); is it a whole checkout?"
        ) from None


def _columns_by_meta(folder: Path, key: str) -> dict[str, list[str]]:
    """Return the columns with a type of each model whose meta has a key, by what the key says."""
    return {
        model["config"]["meta"][key]: [column["name"] for column in model["columns"] if column.get("data_type")]
        for file in sorted(folder.glob("*.yml"))
        for model in _yaml(file).get("models") or ()
        if key in (model.get("config", {}).get("meta") or {})
    }


def _tolerances(variables: Mapping[str, Any]) -> Tolerances:
    return Tolerances(
        clock_skew_seconds=variables["clock_skew_tolerance_seconds"],
        max_lateness_days=variables["max_lateness_days"],
        max_rejected_rate=variables["max_rejected_rate"],
        max_clock_gap_days=variables["max_clock_gap_days"],
    )


def _schemas(tree: Any) -> Iterator[str]:
    """Yield what every `+schema` of the project's configuration says."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if key == "+schema":
            yield str(value).lower()
        else:
            yield from _schemas(value)


def _yaml(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


# --- looking at the set-up ------------------------------------------------------------------------


def _look_at_package(requirement: Requirement, locked: str | None) -> Package:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        installed = None
    return Package(
        name=requirement.name,
        needed=str(requirement.specifier),
        locked=locked,
        installed=installed,
        is_fit=installed is not None and requirement.specifier.contains(installed, prereleases=True),
    )


def _look_at_database(settings: Settings) -> DatabaseSighting:
    path = settings.path(settings.database)
    folder = next(parent for parent in path.parents if parent.is_dir())
    return DatabaseSighting(
        path=path,
        state=_state_of(path, settings),
        is_writable=os.access(folder, os.W_OK | os.X_OK) and (not path.exists() or os.access(path, os.W_OK)),
        free_bytes=shutil.disk_usage(folder).free,
    )


def _state_of(path: Path, settings: Settings) -> FileState:
    if not path.exists():
        return FileState.ABSENT
    if _is_held(path):
        return FileState.HELD
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select lower(schema_name), lower(table_name) from duckdb_tables() where not internal"
            ).fetchall()
    except duckdb.Error:
        return FileState.UNREADABLE
    if ("main", "dim_build") in tables or any(schema == "journal" for schema, _ in tables):
        return FileState.WAREHOUSE
    raw_schema = _place(settings)[1] if settings.raw.startswith("schema:") else None
    return FileState.FOREIGN if any(schema != raw_schema for schema, _ in tables) else FileState.WITHOUT_TABLES


def _is_held(path: Path) -> bool:
    """Whether another process has the file open, to write or to read: a build needs it for itself."""
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


# --- looking at the raw input ---------------------------------------------------------------------


def _wanted(settings: Settings, project: Project) -> dict[str, Sequence[str]]:
    """Return what is looked for, each with the columns that it must have: tables of the contract; with an adapter the
    objects, of which only the id must be there, and the configuration.
    """
    if not settings.source:
        return dict(project.contract)
    configuration = {table: columns for table, columns in project.contract.items() if not table.startswith("raw_")}
    return {name: ["id"] for name in project.objects} | configuration


def _look_at_raw(settings: Settings, project: Project, required_object: str) -> RawSighting:
    """Look at the place that MESSAGING_RAW names, for tables of the contract or for objects of an adapter."""
    wanted = _wanted(settings, project)
    if settings.raw.startswith("schema:"):
        return _look_at_schema(settings, project, wanted, required_object)
    if BUCKET in settings.raw:
        return RawSighting(settings.raw, is_looked_at=False)
    root = _root(settings)
    location = str(root) if settings.raw == "" or settings.project != Path.cwd() else settings.raw.rstrip("/")
    problems = find_problems(location, wanted, required_object=required_object)
    if not root.is_dir():
        return RawSighting(location, tuple(problems))
    files = {name: _files(root, name) for name in wanted}
    return RawSighting(
        name=location,
        problems=tuple(problems),
        slips=tuple(_slips(root, wanted, is_spelt_freely=bool(settings.source))),
        tables={name: columns for name in wanted if (columns := _columns_in(files[name]))},
        size_bytes=sum(file.stat().st_size for found in files.values() for file in found),
    )


def _root(settings: Settings) -> Path:
    """The folder of the raw files; an adapter's example where none is named."""
    return settings.path(settings.raw or f"examples/{settings.source}")


def _files(root: Path, table: str) -> list[Path]:
    found = files_of(root, table)
    return found[1] if found else []


def _columns_in(files: Sequence[Path]) -> frozenset[str]:
    """The columns of a table's files, all of them together; empty where nothing can be read."""
    found: set[str] = set()
    for file in files:
        try:
            found |= set(columns_of(file))
        except (duckdb.Error, OSError, UnicodeDecodeError, csv.Error):
            continue
    return frozenset(found)


def _slips(root: Path, wanted: Collection[str], is_spelt_freely: bool) -> Iterator[str]:
    """Tell what lies in a raw folder and looks as if it was meant to be read, and is not.

    Of objects (`is_spelt_freely`) letter case does not matter.
    """
    names = {name.lower() if is_spelt_freely else name: name for name in wanted}
    missing = [known for known, name in names.items() if not _files(root, name)]
    for entry in sorted(root.iterdir()):
        name = entry.name.lower() if is_spelt_freely else entry.name
        stem = re.sub(r"\.(parquet|csv|ndjson|jsonl?)(\.gz)?$", "", name)
        if entry.is_file() and stem != name and stem in names:
            yield f"{entry}: not read, because a table is a folder; move it to {root / names[stem]}/{entry.name}."
        elif entry.is_dir() and name not in names:
            if meant := _meant(name.lower(), missing):
                yield f"{entry}: not read; did you mean {names[meant]}/?"
        elif entry.is_dir():
            yield from _slips_in(entry, files_of(root, names[name]))


def _meant(name: str, missing: Sequence[str]) -> str | None:
    """Return what of the missing a name may have been meant for."""
    alike = difflib.get_close_matches(name, missing, n=1, cutoff=ALIKE)
    return next(iter(alike or [known for known in missing if known == f"raw_{name}"]), None)


def _slips_in(folder: Path, found: tuple[str, list[Path]] | tuple[()]) -> Iterator[str]:
    """Tell what in a table's folder a build would overlook: files of a second format, and folders."""
    for extension in ("csv", "ndjson"):
        if found and extension != found[0] and (count := len(list(folder.glob(f"*.{extension}")))):
            yield (
                f"{folder}: {_counted(count, f'.{extension} file')} not read beside .{found[0]} files; "
                "keep one format per table."
            )
    for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir() and any(entry.iterdir())):
        yield f"{inner}: not read, because only files directly in {folder.name}/ are; move them up."


def _look_at_schema(
    settings: Settings, project: Project, wanted: Mapping[str, Sequence[str]], required_object: str
) -> RawSighting:
    """Look at tables in a schema of the file to be built, or of the attached one."""
    database, schema = _place(settings)
    name = f"schema {schema}" if database is None else f"schema {database}.{schema}"
    file = _file_of_the_schema(settings)
    problems: list[str] = []
    tables: dict[str, frozenset[str]] = {}
    if database is None and schema in project.schemas:
        problems.append(
            f"MESSAGING_RAW: the project writes to {name}; keep your raw tables in a schema of their own and name that."
        )
    elif settings.attach and not settings.path(settings.attach).is_file():
        problems.append(
            f"MESSAGING_ATTACH: there is no file {settings.attach}; give the DuckDB file that holds your raw tables."
        )
    elif database and not settings.attach:
        problems.append(f"MESSAGING_RAW: {name} is of another database; give its DuckDB file in MESSAGING_ATTACH.")
    elif database and database != _alias(file):
        problems.append(
            f"MESSAGING_RAW: the attached file is called {_alias(file)}, not {database}; "
            f"write schema:{_alias(file)}.{schema}."
        )
    else:
        try:
            tables = _tables_of(file, schema)
        except duckdb.Error as error:
            problems.append(f"{file}: cannot be read ({str(error).splitlines()[0]}); is a process writing it?")
    found = {table: tables[table.lower()] for table in wanted if table.lower() in tables}
    required = required_object or REQUIRED_TABLE
    if not problems and required not in found:
        problems.append(
            f"MESSAGING_RAW: there is no table {required} in {name}; name the schema (or <database>.<schema>, with the "
            f"file in MESSAGING_ATTACH) that holds {'the platform' if required_object else 'your event log'}."
        )
    for table, columns in found.items():
        if missing := [column for column in wanted[table] if column not in columns]:
            problems.append(f"{name}, {table}: column {', '.join(missing)} is missing; add it (it may be null).")
    names = {table.lower(): table for table in wanted}
    slips = [
        f"{name}: table {table} is not read; did you mean {names[meant]}?"
        for table in sorted(tables)
        if table not in names and (meant := _meant(table, [known for known in names if known not in tables]))
    ]
    return RawSighting(name, tuple(problems), tuple(slips), found)


def _place(settings: Settings) -> tuple[str | None, str]:
    """Return database (None: the one that is built) and schema of `schema:…`, in small letters."""
    first, _, second = settings.raw.removeprefix("schema:").lower().partition(".")
    if not second:
        return None, first
    return (None if not settings.attach and first == _alias(settings.path(settings.database)) else first), second


def _file_of_the_schema(settings: Settings) -> Path:
    return settings.path(settings.attach if _place(settings)[0] and settings.attach else settings.database)


def _alias(file: Path) -> str:
    """What DuckDB calls a file that it attaches."""
    return file.stem.lower()


def _tables_of(file: Path, schema: str) -> dict[str, frozenset[str]]:
    """Return the columns of each table and view of a schema, all in small letters."""
    if not file.is_file():
        return {}
    found: dict[str, set[str]] = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        for table, column in connection.execute(
            "select lower(table_name), lower(column_name) from duckdb_columns() where lower(schema_name) = ?", [schema]
        ).fetchall():
            found.setdefault(table, set()).add(column)
    return {table: frozenset(columns) for table, columns in found.items()}


# --- looking into the logs ------------------------------------------------------------------------


def _look_into_logs(
    settings: Settings, project: Project, raw: RawSighting
) -> tuple[dict[str, LogSighting], dict[str, str]]:
    """Return what is seen in each log that is there, and a sentence about each that the engine could not read."""
    seen: dict[str, LogSighting] = {}
    unreadable: dict[str, str] = {}
    in_schema = settings.raw.startswith("schema:")
    schema = _place(settings)[1] if in_schema else ""
    file = str(_file_of_the_schema(settings)) if in_schema else ":memory:"
    with duckdb.connect(file, read_only=in_schema) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        for table, look_into in ((REQUIRED_TABLE, look_into_events), (PRESENCE_TABLE, look_into_presence)):
            columns = project.contract[table]
            if table not in raw.tables:
                continue
            if in_schema:
                relation = f'"{schema}"."{table}"'
            else:
                extension, files = files_of(_root(settings), table) or ("", [])
                relation = relation_of(extension, files, columns)
            try:
                seen[table] = look_into(connection, relation, columns, project.vocabulary, project.tolerances)
            except duckdb.Error as error:
                unreadable[table] = str(error).splitlines()[0]
    return seen, unreadable


# --- judging --------------------------------------------------------------------------------------


def _ok(sentence: str) -> Finding:
    return Finding(Verdict.OK, sentence)


def _warning(sentence: str) -> Finding:
    return Finding(Verdict.WARNING, sentence)


def _error(sentence: str) -> Finding:
    return Finding(Verdict.ERROR, sentence)


def _about_versions(sighting: Sighting) -> Iterator[Finding]:
    python = ".".join(map(str, sighting.python))
    remedy = "remove .venv and run make setup."
    if not Requirement(f"python{sighting.project.python}").specifier.contains(python):
        yield _error(f"Python {python} is running, and {sighting.project.python} is needed; install it, {remedy}")
    for package in sighting.packages:
        if package.installed is None:
            yield _error(f"{package.name} is not installed; {remedy}")
        elif not package.is_fit:
            yield _error(f"{package.name} {package.installed} is installed, and {package.needed} is needed; {remedy}")
        elif package.locked not in (None, package.installed):
            yield _warning(
                f"{package.name} {package.installed} is installed, and {package.locked} is what is tested; {remedy}"
            )
    told = {package.name: package.installed for package in sighting.packages}
    yield _ok(
        f"Python {python}, " + ", ".join(f"{name} {told.get(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb"))
    )


def _about_the_database(sighting: Sighting) -> Iterator[Finding]:
    seen = sighting.database
    if not seen.is_writable:
        yield _error(f"{seen.path}: cannot be written; give MESSAGING_DB a file in a folder of yours.")
    elif seen.state is FileState.HELD:
        yield _error(f"{seen.path}: another process has it open; end that, or let readers use the copy for readers.")
    elif seen.state is FileState.UNREADABLE:
        yield _error(f"{seen.path}: not a DuckDB file of this version; give MESSAGING_DB another name, or remove it.")
    elif seen.state is FileState.FOREIGN:
        yield _warning(
            f"{seen.path}: holds tables that this project did not make, and a build adds its own beside them; "
            "give MESSAGING_DB another name if that is not wanted."
        )
    else:
        words = {
            FileState.ABSENT: "will be made",
            FileState.WAREHOUSE: "is a warehouse of this project",
            FileState.WITHOUT_TABLES: "is a DuckDB file, free for a build",
        }
        yield _ok(f"{seen.path} {words[seen.state]}")
    needed = sighting.raw.size_bytes if sighting.raw else 0
    if seen.free_bytes < needed:
        yield _warning(
            f"{seen.path.parent}: {_bytes(seen.free_bytes)} are free, less than the raw files have "
            f"({_bytes(needed)}); make room, or put MESSAGING_DB elsewhere."
        )
    else:
        yield _ok(f"{_bytes(seen.free_bytes)} of disk are free")


def _about_the_source(sighting: Sighting) -> Iterator[Finding]:
    source = sighting.settings.source
    if not source:
        return
    made = sighting.project.adapted_tables
    if not made:
        yield _error(
            f"MESSAGING_SOURCE: there is no adapter {source}; its models are models/staging/{source}/"
            f"stg_{source}__raw_<table>.sql."
        )
        return
    missing = [table for table in sighting.project.contract if table.startswith("raw_") and table not in made]
    if missing:
        yield _error(
            f"MESSAGING_SOURCE: adapter {source} makes no {', '.join(missing)}; add a model, an empty one will do."
        )
    else:
        yield _ok(f"adapter {source} makes {_counted(len(made), 'raw table')}")


def _about_raw(sighting: Sighting) -> Iterator[Finding]:
    raw = sighting.raw
    if raw is None:
        yield _ok("the demo is read; MESSAGING_RAW names rows of your own")
        return
    if not raw.is_looked_at:
        yield _warning(f"{raw.name}: buckets are not looked into; try a copy of some files in a folder here.")
        return
    yield from map(_error, raw.problems)
    yield from map(_warning, raw.slips)
    if not raw.problems:
        kind = "object" if sighting.settings.source else "table"
        yield _ok(f"{raw.name}: {_counted(len(raw.tables), kind)} can be read: {', '.join(raw.tables) or 'none'}")
    for table, complaint in sighting.unreadable_logs.items():
        yield _error(f"{table}: cannot be read ({complaint}); mend the files, then look again.")


def _about_objects(sighting: Sighting, feeds: Mapping[str, Feeds]) -> Iterator[Finding]:
    """Say of each object of an adapter whether it is there, and whole, and what hangs on what is not."""
    raw = sighting.raw
    fed = feeds.get(sighting.settings.source)
    if raw is None or not raw.tables:
        return
    for name, columns in sighting.project.objects.items():
        told = (
            {field_name(field): (field, things) for field, things in fed.objects.get(name, {}).items()} if fed else {}
        )
        if name not in raw.tables:
            hangs = sorted({thing for _, things in told.values() for thing in things if "." not in thing})
            if not fed or name != fed.required:
                yield _warning(f"{name}: not there{_hanging(hangs)}; export it if the platform has it.")
            continue
        for column in columns:
            if field_name(column) not in map(field_name, raw.tables[name]):
                field, things = told.get(field_name(column), (column, ()))
                sentence = f"{name}.{field}: not there, read as null{_hanging(things)}"
                yield _warning(f"{sentence}; export it.") if things else _ok(sentence)


def _hanging(things: Sequence[str]) -> str:
    return f"; on it hangs {', '.join(things)}" if things else ""


def _about_logs(sighting: Sighting, at: datetime) -> Iterator[Finding]:
    for table, log in sighting.logs.items():
        yield from _about_a_log(table, log, sighting.project, at)
    newest = sorted((moment for log in sighting.logs.values() for moment in log.newest_received_at), reverse=True)[:2]
    limit = timedelta(days=sighting.project.tolerances.max_clock_gap_days)
    if len(newest) == 2 and newest[0] - newest[1] > limit:
        yield _error(
            f"the newest received_at, {newest[0]:%Y-%m-%d %H:%M:%S}, lies more than {limit.days} days "
            f"(max_clock_gap_days) after the next, {newest[1]:%Y-%m-%d %H:%M:%S}; mend that delivery, or give as_of."
        )


def _about_a_log(table: str, log: LogSighting, project: Project, at: datetime) -> Iterator[Finding]:
    if not log.deliveries:
        yield _warning(f"{table}: no row is in it; is this the right place?")
        return
    newest = max(log.newest_received_at, default=None)
    yield _ok(
        f"{table}: {log.deliveries:,} deliveries, of {log.first_occurred_on or '–'} to {log.last_occurred_on or '–'}, "
        f"the newest received {newest:%Y-%m-%d %H:%M:%S}"
        if newest
        else f"{table}: {log.deliveries:,} deliveries"
    )
    rejected = sum(log.rejections.values())
    reasons = ", ".join(
        f"{count:,} {reason}" for reason, count in sorted(log.rejections.items(), key=lambda r: (-r[1], r))
    )
    if rejected > project.tolerances.max_rejected_rate * log.deliveries:
        yield _error(
            f"{table}: {_share(rejected, log.deliveries)} would be rejected ({reasons}), more than max_rejected_rate "
            f"({project.tolerances.max_rejected_rate:g}) allows; mend the mapping."
        )
    elif rejected:
        sentence = f"{table}: {_share(rejected, log.deliveries)} would be rejected ({reasons})"
        is_unusual = rejected > UNUSUAL_RATE * log.deliveries
        yield _warning(f"{sentence}; see what they are.") if is_unusual else _ok(sentence)
    if log.unknown_count:
        told = ", ".join(f"{kind} ({count:,})" for kind, count in log.unknown_kinds.items())
        yield _warning(
            f"{table}: {_share(log.unknown_count, log.deliveries)} are of a kind that the vocabulary does not have: "
            f"{told}{' …' if sum(log.unknown_kinds.values()) < log.unknown_count else ''}; map them, or leave them out."
        )
    for event_type, count in log.lacking_keys.items():
        keys = " or ".join(project.vocabulary.required_keys[event_type])
        yield _warning(
            f"{table}: {_share(count, log.kinds[event_type])} of {event_type} have no {keys} in their payload, "
            "and would be rejected; add it."
        )
    for column, count in log.nulls.items():
        if count > UNUSUAL_RATE * log.deliveries:
            yield _warning(f"{table}: {column} is null in {_share(count, log.deliveries)}; fill it.")
    if log.early_count > UNUSUAL_RATE * log.deliveries:
        yield _warning(
            f"{table}: {_share(log.early_count, log.deliveries)} were received before they occurred; "
            "is one of the two in another zone?"
        )
    if log.event_ids < LEAST_SHARE_OF_IDS * log.deliveries:
        yield _warning(
            f"{table}: only about {log.event_ids:,} different event_ids; two events that share an id count as one: "
            "make it of the record's id and of what happened."
        )
    if newest and newest - at.replace(tzinfo=None) > CLOCK_TOLERANCE:
        yield _warning(f"{table}: the newest received_at lies ahead of the clock; is it in another zone?")
    long = [gap for gap in log.silences if gap[1] - gap[0] + timedelta(days=1) >= LONG_SILENCE]
    if long:
        told = ", ".join(f"{first} to {last}" for first, last in long[:LONGEST_LIST])
        yield _warning(
            f"{table}: no event on {LONG_SILENCE.days} days or more in a row: {told}"
            f"{' …' if len(long) > LONGEST_LIST else ''}; are files missing?"
        )


def _about_losses(sighting: Sighting, needs: Needs, feeds: Mapping[str, Feeds]) -> Iterator[Finding]:
    """Say which inputs are missing altogether, and what marts will not tell without them."""
    if sighting.settings.source:
        fed = feeds.get(sighting.settings.source)
        if fed is None or sighting.raw is None or not sighting.raw.tables:
            return
        missing = inputs_lost(fed, sighting.raw.tables, _all_inputs(sighting.project))
    elif REQUIRED_TABLE in sighting.logs:
        events = sighting.logs[REQUIRED_TABLE]
        presence = sighting.logs.get(PRESENCE_TABLE)
        tables = set(sighting.raw.tables if sighting.raw else ())
        if presence is None or not presence.kinds:
            tables.discard(PRESENCE_TABLE)
        missing = frozenset(_all_inputs(sighting.project)) - tables - set(events.kinds)
    else:
        return
    types = [name for name in sighting.project.vocabulary.event_types if name in missing]
    absent = [name for name in _all_inputs(sighting.project) if name in missing and name not in types]
    if types:
        of_all = f"{len(types)} of {len(sighting.project.vocabulary.event_types)} event types"
        yield _warning(
            f"{of_all} are told by no object that is there: {', '.join(types)}."
            if sighting.settings.source
            else f"{of_all} never occur: {', '.join(types)}; map them if the platform records such a thing."
        )
    if absent:
        yield _warning(f"there is nothing of {', '.join(absent)}; add what the platform has of it.")
    for loss in foretell(missing, needs):
        lacking = ", ".join(name for name in _all_inputs(sighting.project) if name in loss.missing)
        if loss.is_empty:
            yield _warning(f"{loss.mart}: stays empty without {lacking}.")
        else:
            more = len(loss.columns) - LONGEST_LIST
            yield _warning(
                f"{loss.mart}: {_counted(len(loss.columns), 'column')} with nothing to tell without {lacking}: "
                f"{', '.join(loss.columns[:LONGEST_LIST])}{f', and {more} more' if more > 0 else ''}."
            )
    if not missing:
        yield _ok("every event type occurs, and every table is there: no mart stays empty for want of input")


def _all_inputs(project: Project) -> tuple[str, ...]:
    """Event types, and raw tables other than the event log; configuration has defaults, and nobody needs redactions."""
    return (
        *project.vocabulary.event_types,
        *(table for table in project.contract if table.startswith("raw_") and table != REQUIRED_TABLE),
    )


# --- telling --------------------------------------------------------------------------------------


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
