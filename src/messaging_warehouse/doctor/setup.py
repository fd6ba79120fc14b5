"""Looks at versions, at the file that a build would write and at its disk."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
from packaging.requirements import Requirement

from messaging_warehouse.doctor.findings import Finding, bytes_told, error, ok, warning
from messaging_warehouse.doctor.places import place_of_the_schema
from messaging_warehouse.doctor.project import Settings
from messaging_warehouse.doctor.sighting import DatabaseSighting, FileState, Package, Sighting


def look_at_package(requirement: Requirement, locked: str | None) -> Package:
    """Look whether a package is installed."""
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


def look_at_database(settings: Settings) -> DatabaseSighting:
    """Look at the file that a build would write."""
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
    raw_schema = place_of_the_schema(settings)[1] if settings.raw.startswith("schema:") else None
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


def about_versions(sighting: Sighting) -> Iterator[Finding]:
    """Say whether the versions are those that are needed."""
    python = ".".join(map(str, sighting.python))
    remedy = "remove .venv and run make setup."
    if not Requirement(f"python{sighting.project.python}").specifier.contains(python):
        yield error(f"Python {python} is running, and {sighting.project.python} is needed; install it, {remedy}")
    for package in sighting.packages:
        if package.installed is None:
            yield error(f"{package.name} is not installed; {remedy}")
        elif not package.is_fit:
            yield error(f"{package.name} {package.installed} is installed, and {package.needed} is needed; {remedy}")
        elif package.locked not in (None, package.installed):
            yield warning(
                f"{package.name} {package.installed} is installed, and {package.locked} is what is tested; {remedy}"
            )
    told = {package.name: package.installed for package in sighting.packages}
    yield ok(
        f"Python {python}, " + ", ".join(f"{name} {told.get(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb"))
    )


def about_the_database(sighting: Sighting) -> Iterator[Finding]:
    """Say whether a build could write its file."""
    seen = sighting.database
    if not seen.is_writable:
        yield error(f"{seen.path}: cannot be written; give MESSAGING_DB a file in a folder of yours.")
    elif seen.state is FileState.HELD:
        yield error(f"{seen.path}: another process has it open; end that, or let readers use the copy for readers.")
    elif seen.state is FileState.UNREADABLE:
        yield error(f"{seen.path}: not a DuckDB file of this version; give MESSAGING_DB another name, or remove it.")
    elif seen.state is FileState.FOREIGN:
        yield warning(
            f"{seen.path}: holds tables that this project did not make, and a build adds its own beside them; "
            "give MESSAGING_DB another name if that is not wanted."
        )
    else:
        words = {
            FileState.ABSENT: "will be made",
            FileState.WAREHOUSE: "is a warehouse of this project",
            FileState.WITHOUT_TABLES: "is a DuckDB file, free for a build",
        }
        yield ok(f"{seen.path} {words[seen.state]}")
    needed = sighting.raw.size_bytes if sighting.raw else 0
    if seen.free_bytes < needed:
        yield warning(
            f"{seen.path.parent}: {bytes_told(seen.free_bytes)} are free, less than the raw files have "
            f"({bytes_told(needed)}); make room, or put MESSAGING_DB elsewhere."
        )
    else:
        yield ok(f"{bytes_told(seen.free_bytes)} of disk are free")
