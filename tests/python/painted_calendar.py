"""Business time once more, by painting the minutes of a calendar: no intervals, no merging, no `fold`.

Every minute of UTC is asked what the wall clock of a zone shows in it. A local time is the first minute that shows it;
one that no minute shows is read with the offset before the jump. The minutes between opening and closing are painted,
and business time is the count of painted minutes.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from reference.inputs import ConfiguredInput, RawRow

MINUTE = 60_000
DAY = 24 * 60
# Clocks change at half and whole hours of UTC alone, in the years and zones that are painted.
CHANGE_GRID = 30

Moments = npt.NDArray[np.int64]


class Canvas:
    """A span of whole days of UTC; moments are milliseconds after its first midnight."""

    def __init__(self, first_day: date, last_day: date) -> None:
        """Take the first and the last day; the canvas reaches two days beyond both."""
        self.first_day, self.last_day = first_day, last_day
        self.start = datetime.combine(first_day - timedelta(days=2), datetime.min.time())
        self.minutes = ((last_day - first_day).days + 5) * DAY

    def milliseconds(self, moment: datetime) -> int:
        """Count the milliseconds from the canvas's start to a naive UTC moment."""
        return (moment - self.start) // timedelta(milliseconds=1)

    def moment(self, milliseconds: int) -> datetime:
        """Return the naive UTC moment that lies so many milliseconds after the canvas's start."""
        return self.start + timedelta(milliseconds=milliseconds)


@cache
def _first_shown(zone: str, start: datetime, minutes: int) -> tuple[dict[int, int], list[int]]:
    """Return the first UTC minute that shows each local minute, and the offset in minutes at each half hour of UTC."""
    offsets = []
    for minute in range(0, minutes, CHANGE_GRID):
        local = (start + timedelta(minutes=minute)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        offset = local.utcoffset()
        assert offset is not None
        offsets.append(offset // timedelta(minutes=1))
    shown = np.arange(minutes) + np.repeat(np.array(offsets), CHANGE_GRID)
    local_minutes, first = np.unique(shown, return_index=True)
    return dict(zip(local_minutes.tolist(), first.tolist(), strict=True)), offsets


def utc_minute(canvas: Canvas, zone: str, local_minute: int) -> int:
    """Return the UTC minute in which the wall clock first shows a local minute; both count from the canvas's start."""
    first_shown, offsets = _first_shown(zone, canvas.start, canvas.minutes)
    if local_minute in first_shown:
        return first_shown[local_minute]
    # Skipped: the minute before the jump is the latest shown that is earlier on the wall.
    shown_before = local_minute
    while shown_before not in first_shown:
        shown_before -= 1
    return local_minute - offsets[first_shown[shown_before] // CHANGE_GRID]


def _minute_of_day(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


class PaintedSchedule:
    """One schedule's open minutes; without a schedule, all of them."""

    def __init__(self, canvas: Canvas, raw: ConfiguredInput, business_hours_id: str | None) -> None:
        """Paint what opens on the local dates from the canvas's first to its last."""
        self.canvas = canvas
        self.is_open = np.zeros(canvas.minutes, dtype=bool)
        self._paint(raw, business_hours_id)
        self._open_before = np.concatenate(([0], np.cumsum(self.is_open, dtype=np.int64)))

    def _paint(self, raw: ConfiguredInput, business_hours_id: str | None) -> None:
        if business_hours_id is None:
            self.is_open[:] = True
            return
        (zone,) = [row["timezone"] for row in raw.business_hours if row["business_hours_id"] == business_hours_id]
        week = [row for row in raw.business_hour_intervals if row["business_hours_id"] == business_hours_id]
        holidays = [row for row in raw.holidays if row["business_hours_id"] == business_hours_id]
        for number in range((self.canvas.last_day - self.canvas.first_day).days + 1):
            day = self.canvas.first_day + timedelta(days=number)
            of_date = [row for row in holidays if row["holiday_date"] == day.isoformat()]
            of_weekday = [row for row in week if row["iso_weekday"] == str(day.isoweekday())]
            for row in of_date or of_weekday:
                self._paint_row(str(zone), (day - self.canvas.start.date()).days * DAY, row)

    def _paint_row(self, zone: str, midnight: int, row: RawRow) -> None:
        if row["opens_at"] is None or row["closes_at"] is None:
            return
        opens, closes = _minute_of_day(row["opens_at"]), _minute_of_day(row["closes_at"])
        past_midnight = DAY if closes < opens else 0
        first = utc_minute(self.canvas, zone, midnight + opens)
        end = utc_minute(self.canvas, zone, midnight + closes + past_midnight)
        self.is_open[first:end] = True

    def business_milliseconds_up_to(self, moment: int) -> int:
        """Return C(t): how much of the canvas before the moment is painted."""
        minute, rest = divmod(moment, MINUTE)
        return int(self._open_before[minute]) * MINUTE + (rest if self.is_open[minute] else 0)

    def business_milliseconds(self, start: int, end: int) -> int:
        """Return the painted time between two moments; 0 if they are reversed."""
        return max(self.business_milliseconds_up_to(end) - self.business_milliseconds_up_to(start), 0)

    def due(self, start: int, target: int) -> int | None:
        """Return the earliest moment at which the target is used up; None if the canvas ends before."""
        if target == 0:
            return start
        needed = self.business_milliseconds_up_to(start) + target
        # The minute at whose end so much is painted for the first time.
        minute = int(np.searchsorted(self._open_before, -(-needed // MINUTE))) - 1
        if minute >= self.canvas.minutes:
            return None
        return minute * MINUTE + needed - int(self._open_before[minute]) * MINUTE

    def edges(self) -> Moments:
        """Return the moments at which it opens or closes."""
        return np.flatnonzero(np.diff(self.is_open)).astype(np.int64) * MINUTE + MINUTE
