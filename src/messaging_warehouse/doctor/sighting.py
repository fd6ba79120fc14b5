"""What the doctor sees, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from messaging_warehouse.doctor.event_log import LogSighting
from messaging_warehouse.doctor.project import Project, Settings


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
