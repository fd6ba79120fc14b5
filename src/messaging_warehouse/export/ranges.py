"""Ranges of time, as people tell them: by the clock on the wall of a zone, with whole days at both ends.

A row is in a range if the time that the file shows for it is. So ranges that follow each other share every row out,
also where a change of the clocks makes an hour come twice or not at all, and nobody needs to know when a day begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from messaging_warehouse.export.errors import WrongUsageError

_DAY_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9-])")


@dataclass(frozen=True)
class Bound:
    """One end of a range.

    Attributes:
        cut: where it cuts: what is from then on is in a range that starts here, and out of one that ends here.
        is_instant: whether `cut` is UTC, because it came with its own offset; else it is on the wall of the zone.
        told: how it reads in a sentence.
        label: how it stands in the name of a file.
    """

    cut: datetime
    is_instant: bool
    told: str
    label: str

    @property
    def literal(self) -> str:
        """The cut in SQL, without a zone."""
        return f"timestamp '{self.cut.isoformat(' ')}'"


@dataclass(frozen=True)
class Range:
    """From a start until an end; `None` where it is open."""

    start: Bound | None = None
    end: Bound | None = None

    def __bool__(self) -> bool:
        """Whether it may leave anything out."""
        return self.start is not None or self.end is not None

    @property
    def label(self) -> str:
        """How it stands in the name of a file."""
        if self.start and self.end:
            return f"{self.start.label}_{self.end.label}"
        if self.start:
            return f"from-{self.start.label}"
        return f"to-{self.end.label}" if self.end else "all"

    def __str__(self) -> str:
        said = [f"from {self.start.told}"] if self.start else []
        return " ".join([*said, f"to {self.end.told}"] if self.end else said)

    def condition(self, moment: str, wall_time: str) -> str:
        """Say in SQL that a row lies in it.

        Args:
            moment: an expression of the row's time in UTC.
            wall_time: one of the same on the wall of the zone.
        """
        said = []
        for bound, comparison, slack in ((self.start, ">=", "-"), (self.end, "<", "+")):
            if bound is not None and bound.is_instant:
                said.append(f"{moment} {comparison} {bound.literal}")
            elif bound is not None:
                said.append(f"{wall_time} {comparison} {bound.literal}")
                # No zone is a day from UTC: by this the engine skips what is stored far away, which no wall tells it.
                said.append(f"{moment} {comparison} {bound.literal} {slack} interval 1 day")
        return " and ".join(said) or "true"

    def is_reversed(self, zone: str) -> bool:
        """Whether its end is not behind its start: on the same wall or in UTC as they are told, else by the zone.

        A time that comes twice begins with the first and ends with the second of the two, as `condition` has it.
        """
        if not (self.start and self.end):
            return False
        if self.start.is_instant == self.end.is_instant:
            return self.start.cut >= self.end.cut
        return min(_instants(self.start, zone)) >= max(_instants(self.end, zone))


def _instants(bound: Bound, zone: str) -> list[datetime]:
    if bound.is_instant:
        return [bound.cut.replace(tzinfo=UTC)]
    if not timedelta(days=2) < bound.cut - datetime.min < datetime.max - datetime.min - timedelta(days=2):
        return [bound.cut.replace(tzinfo=UTC)]  # no calendar has what is a day further
    return [bound.cut.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]


def read_range(start: str | None, end: str | None) -> Range:
    """Read both ends: days as YYYY-MM-DD, or times with or without an offset; a day as the end is a whole one.

    Raises:
        WrongUsageError: one is neither.
    """
    return Range(
        None if start is None else _read_bound("--from", start),
        None if end is None else _read_bound("--to", end, is_end=True),
    )


def _read_bound(option: str, text: str, is_end: bool = False) -> Bound:
    if not _DAY_FIRST.match(text):  # Python takes 2026-W10 for its Monday, which would lose a week's other days
        raise _neither(option, text)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _read_time(option, text)
    cut = datetime.combine(day, time.min)
    if is_end:  # whoever says 9999-12-31 means that there is no end
        cut = cut + timedelta(days=1) if day < date.max else datetime.max
    return Bound(cut, False, day.isoformat(), day.isoformat())


def _read_time(option: str, text: str) -> Bound:
    try:
        moment = datetime.fromisoformat(text)
        cut = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise _neither(option, text) from None
    told, label = cut.isoformat(" "), cut.isoformat().removesuffix(":00").replace(":", "")  # some systems refuse colons
    return Bound(cut, True, f"{told} UTC", f"{label}Z") if moment.tzinfo else Bound(cut, False, told, label)


def _neither(option: str, text: str) -> WrongUsageError:
    return WrongUsageError(
        f"{option} {text!r} is neither a day nor a time; write it like 2026-03-31, 2026-03-31T18:00 or "
        "2026-03-31T18:00+02:00."
    )
