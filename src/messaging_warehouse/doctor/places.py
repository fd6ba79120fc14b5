"""Looks at the place that MESSAGING_RAW names: which tables or objects are there, and what would be overlooked."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from messaging_warehouse.doctor.findings import Finding, counted, error, ok, warning
from messaging_warehouse.doctor.project import Project, Settings
from messaging_warehouse.doctor.sighting import RawSighting, Sighting
from messaging_warehouse.raw_input import (
    BUCKET,
    REQUIRED_TABLE,
    columns_of,
    files_of,
    find_problems,
    relation_of,
    spellings_of,
)

# How alike the name of a folder is to that of a table before it is taken for a slip.
ALIKE = 0.75


def _wanted(settings: Settings, project: Project) -> dict[str, Sequence[str]]:
    """Return what is looked for, each with the columns that it must have: tables of the contract; with an adapter the
    objects, of which only the id must be there, and the configuration.
    """
    if not settings.source:
        return dict(project.contract)
    configuration = {table: columns for table, columns in project.contract.items() if not table.startswith("raw_")}
    return {name: ["id"] for name in project.objects} | configuration


def look_at_raw(settings: Settings, project: Project, required_object: str) -> RawSighting:
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

    Of objects (`is_spelt_freely`) letter case does not matter, nor whether they are spelt as connectors do.
    """
    names = {known: name for name in wanted for known in (spellings_of(name) if is_spelt_freely else (name,))}
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
                f"{folder}: {counted(count, f'.{extension} file')} not read beside .{found[0]} files; "
                "keep one format per table."
            )
    for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir() and any(entry.iterdir())):
        yield f"{inner}: not read, because only files directly in {folder.name}/ are; move them up."


def _look_at_schema(
    settings: Settings, project: Project, wanted: Mapping[str, Sequence[str]], required_object: str
) -> RawSighting:
    """Look at tables in a schema of the file to be built, or of the attached one."""
    database, schema = place_of_the_schema(settings)
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
    spelt = {table: [known for known in spellings_of(table) if known in tables] for table in wanted}
    found = {table: tables[known[0]] for table, known in spelt.items() if known}
    problems += [
        f"{name}: tables {' and '.join(known)} are one object, {table}; keep one of them."
        for table, known in spelt.items()
        if len(known) > 1
    ]
    required = required_object or REQUIRED_TABLE
    if not problems and required not in found:
        problems.append(
            f"MESSAGING_RAW: there is no table {required} in {name}; name the schema (or <database>.<schema>, with the "
            f"file in MESSAGING_ATTACH) that holds {'the platform' if required_object else 'your event log'}."
        )
    for table, columns in found.items():
        if missing := [column for column in wanted[table] if column not in columns]:
            problems.append(f"{name}, {table}: column {', '.join(missing)} is missing; add it (it may be null).")
    names = {known: table for table in wanted for known in spellings_of(table)}
    slips = [
        f"{name}: table {table} is not read; did you mean {names[meant]}?"
        for table in sorted(tables)
        if table not in names and (meant := _meant(table, [known for known in names if known not in tables]))
    ]
    return RawSighting(name, tuple(problems), tuple(slips), found)


def place_of_the_schema(settings: Settings) -> tuple[str | None, str]:
    """Return database (None: the one that is built) and schema of `schema:…`, in small letters."""
    first, _, second = settings.raw.removeprefix("schema:").lower().partition(".")
    if not second:
        return None, first
    return (None if not settings.attach and first == _alias(settings.path(settings.database)) else first), second


def _file_of_the_schema(settings: Settings) -> Path:
    return settings.path(settings.attach if place_of_the_schema(settings)[0] and settings.attach else settings.database)


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


def about_the_source(sighting: Sighting) -> Iterator[Finding]:
    """Say whether the adapter is there, and whole."""
    source = sighting.settings.source
    if not source:
        return
    made = sighting.project.adapted_tables
    if not made:
        yield error(
            f"MESSAGING_SOURCE: there is no adapter {source}; its models are models/staging/{source}/"
            f"stg_{source}__raw_<table>.sql."
        )
        return
    missing = [table for table in sighting.project.contract if table.startswith("raw_") and table not in made]
    if missing:
        yield error(
            f"MESSAGING_SOURCE: adapter {source} makes no {', '.join(missing)}; add a model, an empty one will do."
        )
    else:
        yield ok(f"adapter {source} makes {counted(len(made), 'raw table')}")


def about_raw(sighting: Sighting) -> Iterator[Finding]:
    """Say what is at the place of the raw rows, and what is wrong there."""
    raw = sighting.raw
    if raw is None:
        yield ok("the demo is read; MESSAGING_RAW names rows of your own")
        return
    if not raw.is_looked_at:
        yield warning(f"{raw.name}: buckets are not looked into; try a copy of some files in a folder here.")
        return
    yield from map(error, raw.problems)
    yield from map(warning, raw.slips)
    if not raw.problems:
        kind = "object" if sighting.settings.source else "table"
        yield ok(f"{raw.name}: {counted(len(raw.tables), kind)} can be read: {', '.join(raw.tables) or 'none'}")
    for table, complaint in sighting.unreadable_logs.items():
        yield error(f"{table}: cannot be read ({complaint}); mend the files, then look again.")


@contextmanager
def opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what the raw rows are read with, in UTC: the file of their schema, or memory beside their files."""
    in_schema = settings.raw.startswith("schema:")
    file = str(_file_of_the_schema(settings)) if in_schema else ":memory:"
    with duckdb.connect(file, read_only=in_schema) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield connection


def raw_relations(settings: Settings, table: str, columns: Sequence[str] | None) -> list[str]:
    """Return what stands behind `from` to read a table or an object.

    Args:
        settings: where the raw rows are.
        table: its name.
        columns: those of the contract, which the one relation has; `None` for an object, whose files may differ in what
            they have: a relation for each kind of them.
    """
    if settings.raw.startswith("schema:"):
        schema = place_of_the_schema(settings)[1]
        tables = _tables_of(_file_of_the_schema(settings), schema)
        return [f'"{schema}"."{next((known for known in spellings_of(table) if known in tables), table)}"']
    extension, files = files_of(_root(settings), table) or ("", [])
    if columns is not None:
        return [relation_of(extension, files, columns)]
    if extension != "csv":
        return [relation_of(extension, files, ())]
    by_header: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        by_header.setdefault(tuple(columns_of(file)), []).append(file)
    return [relation_of(extension, group, [f'"{name}"' for name in names]) for names, group in by_header.items()]
