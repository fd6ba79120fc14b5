"""What the doctor sees, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from messaging_warehouse.doctor.event_log import LogSighting
from messaging_warehouse.doctor.flaws import FlawSighting
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
class FieldSighting:
    """What was seen in a field.

    Attributes:
        kind: `time`, `number` or `flag` where it has to be read, `amount` where it should be one, `word` where it has
            to be known, or `id`.
        odd_count: how many records have a value that cannot be read or is not known; of an id, that has 15 characters.
        odd: the most frequent of them, with their counts.
    """

    kind: str
    odd_count: int
    odd: Mapping[str, int]


@dataclass(frozen=True)
class ObjectSighting:
    """What was seen in an object.

    Attributes:
        rows: how many there are.
        nameless: rows without an id.
        repeated_ids: ids of more than one row, of which the latest counts.
        undated_ids: those of them of which no row is the latest: they have the same date or none,
            and say different things.
        fields: what is odd, by field in the project's spelling.
        complaint: why it could not be read, if it could not.
    """

    rows: int = 0
    nameless: int = 0
    repeated_ids: int = 0
    undated_ids: int = 0
    fields: Mapping[str, FieldSighting] = field(default_factory=dict)
    complaint: str = ""


@dataclass(frozen=True)
class Misfits:
    """What of the objects does not fit together.

    Attributes:
        unknown_schedules: how many channels name business hours that nobody has configured, by their id.
        sessions_by_platform: how many ended sessions there are, and how many of them without any entry, by the platform
            type of their channel in small letters; an empty one is not known.
        flaws: of how many records something would be rejected, by object.
    """

    unknown_schedules: Mapping[str, int] = field(default_factory=dict)
    sessions_by_platform: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    flaws: Mapping[str, FlawSighting] = field(default_factory=dict)


@dataclass(frozen=True)
class Sighting:
    """All that was seen."""

    settings: Settings
    project: Project
    python: tuple[int, ...]
    packages: tuple[Package, ...]
    database: DatabaseSighting
    raw: RawSighting | None = None
    objects: Mapping[str, ObjectSighting] = field(default_factory=dict)
    misfits: Misfits | None = None
    logs: Mapping[str, LogSighting] = field(default_factory=dict)
    unreadable_logs: Mapping[str, str] = field(default_factory=dict)
