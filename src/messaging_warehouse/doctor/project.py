"""What the project's own files say, and what a build is told."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

from messaging_warehouse.doctor.event_log import Tolerances, Vocabulary

PROJECT_NAME = "messaging_warehouse"


class DoctorError(Exception):
    """Nothing could be looked at: there is no project of this name here."""


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
        object_times: those of them that are times.
        object_tells: by object what counts as unrecorded without any of these columns.
        object_without: by object and column what else becomes of its absence, a clause.
        object_needed: by object the columns of which one has to be there, and what would be without.
        adapted_tables: the raw tables that the adapter makes.
        variables: its vars.
        schedules: the business hours of its own seed.
        vocabulary, tolerances: what the logs may say, and how far clocks may be apart.
        schemas: where it writes to.
    """

    python: str
    packages: tuple[tuple[Requirement, str | None], ...]
    contract: Mapping[str, Sequence[str]]
    objects: Mapping[str, Sequence[str]]
    object_times: Mapping[str, Sequence[str]]
    object_tells: Mapping[str, Mapping[tuple[str, ...], Sequence[str]]]
    object_without: Mapping[str, Mapping[str, str]]
    object_needed: Mapping[str, Sequence[tuple[Sequence[str], str]]]
    adapted_tables: tuple[str, ...]
    variables: Mapping[str, Any]
    schedules: tuple[str, ...]
    vocabulary: Vocabulary
    tolerances: Tolerances
    schemas: frozenset[str]


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
            object_times=_columns_by_meta(adapter / "base", "raw_object", "timestamp") if adapter else {},
            object_tells=_tells_by_object(adapter / "base") if adapter else {},
            object_without=_without_by_object(adapter / "base") if adapter else {},
            object_needed=_needed_by_object(adapter / "base") if adapter else {},
            variables=project["vars"],
            schedules=tuple(
                row["business_hours_id"] for row in _rows(folder / "seeds" / "config" / "business_hours.csv")
            ),
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


def _columns_by_meta(folder: Path, key: str, data_type: str | None = None) -> dict[str, list[str]]:
    """Return the columns with a type, or with this one, of each model whose meta has a key, by what the key says."""
    return {
        model["config"]["meta"][key]: [
            column["name"]
            for column in model["columns"]
            if column.get("data_type") and data_type in (None, column["data_type"])
        ]
        for file in sorted(folder.glob("*.yml"))
        for model in _yaml(file).get("models") or ()
        if key in (model.get("config", {}).get("meta") or {})
    }


def _tells_by_object(folder: Path) -> dict[str, dict[tuple[str, ...], list[str]]]:
    """Return what counts as unrecorded without any of these columns (meta.tells, meta.instead), by object."""
    return {
        name: {(column, *meta.get("instead", ())): meta["tells"] for column, meta in columns.items() if "tells" in meta}
        for name, columns in _meta_by_object(folder).items()
    }


def _without_by_object(folder: Path) -> dict[str, dict[str, str]]:
    """Return what else becomes of a column's absence (meta.without), by object and column."""
    return {
        name: {column: meta["without"] for column, meta in columns.items() if "without" in meta}
        for name, columns in _meta_by_object(folder).items()
    }


def _needed_by_object(folder: Path) -> dict[str, list[tuple[Sequence[str], str]]]:
    """Return the columns without one of which nothing is built (meta.needed, meta.instead), and why, by object."""
    return {
        name: [
            ((column, *meta.get("instead", ())), meta["needed"]) for column, meta in columns.items() if "needed" in meta
        ]
        for name, columns in _meta_by_object(folder).items()
    }


def _meta_by_object(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the meta of each column that has one, by object."""
    return {
        model["config"]["meta"]["raw_object"]: {
            column["name"]: meta for column in model["columns"] if (meta := column.get("config", {}).get("meta"))
        }
        for file in sorted(folder.glob("*.yml"))
        for model in _yaml(file).get("models") or ()
        if "raw_object" in (model.get("config", {}).get("meta") or {})
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
