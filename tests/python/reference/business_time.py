"""Business time: the open intervals of a schedule in UTC, and durations and due times within them.

Source: raw contract, *Configuration the business owns*; definitions, *Business time*.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from reference.durations import milliseconds_between
from reference.inputs import ConfiguredInput, RawRow, column

ONE_DAY = timedelta(days=1)
# The table of open intervals reaches so far past `as_of`; a due time beyond is not known.
HORIZON = timedelta(days=400)

_MINUTES_OF_A_DAY = 24 * 60
_MILLISECOND = timedelta(milliseconds=1)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Interval = tuple[datetime, datetime]


class ConfigurationError(ValueError):
    """The configuration cannot be meant; such a build stops."""


class BusinessClock(Protocol):
    """A clock that stands still while the business is closed."""

    def business_milliseconds(self, start: datetime, end: datetime) -> int:
        """C(end) − C(start); 0 if the end lies before the start."""

    def due(self, start: datetime, target: int) -> datetime | None:
        """The earliest moment at which so many milliseconds have passed since the start."""


class Calendar:
    """The clock that never stands still: of no schedule, and of policies on the calendar."""

    def business_milliseconds(self, start: datetime, end: datetime) -> int:
        """All the time between the two."""
        return max(milliseconds_between(start, end), 0)

    def due(self, start: datetime, target: int) -> datetime | None:
        """The start and the target."""
        return start + target * _MILLISECOND


class OpeningTimes:
    """The clock of a schedule: its open intervals in naive UTC, in order, with gaps between them."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        """Merge the intervals, which may come in any order and overlap."""
        self.intervals = merged(intervals)
        self._closings = [closes for _, closes in self.intervals]

    def _from(self, moment: datetime) -> Iterator[Interval]:
        """What is left of the open intervals from the moment on."""
        first_open = bisect_right(self._closings, moment)
        for opens, closes in self.intervals[first_open:]:
            yield max(opens, moment), closes

    def business_milliseconds(self, start: datetime, end: datetime) -> int:
        """How much of the time between the two lies in open intervals."""
        total = 0
        for opens, closes in self._from(start):
            if opens >= end:
                break
            total += milliseconds_between(opens, min(closes, end))
        return total

    def due(self, start: datetime, target: int) -> datetime | None:
        """Use the target up, interval by interval; None if the table ends before it is used up.

        A target used up exactly at closing is due at closing, and none at all at the start.
        """
        if target == 0:
            return start
        left = target
        for opens, closes in self._from(start):
            length = milliseconds_between(opens, closes)
            if left <= length:
                return opens + left * _MILLISECOND
            left -= length
        return None


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Join what overlaps or touches; what ends no later than it starts is nothing."""
    result: list[Interval] = []
    for opens, closes in sorted(intervals):
        if closes <= opens:
            continue
        if result and opens <= result[-1][1]:
            last_opens, last_closes = result[-1]
            result[-1] = (last_opens, max(last_closes, closes))
        else:
            result.append((opens, closes))
    return result


@dataclass(frozen=True)
class Hours:
    """Opening hours of one local day: minutes of the wall clock after its midnight.

    `closes` is beyond 24 hours when they run past midnight.
    """

    opens: int
    closes: int


@dataclass
class Schedule:
    """One schedule as configured: hours by ISO weekday, and by the dates on which others hold."""

    zone: ZoneInfo
    weekly: dict[int, list[Hours]] = field(default_factory=dict)
    exceptions: dict[date, list[Hours]] = field(default_factory=dict)

    def hours_on(self, day: date) -> list[Hours]:
        """The hours that open on a local date: its exceptions if it has any, else its weekday's."""
        if day in self.exceptions:
            return self.exceptions[day]
        return self.weekly.get(day.isoweekday(), [])

    def opening_times(self, first_day: date, last_day: date) -> OpeningTimes:
        """The intervals that open on the local dates from the first to the last."""
        intervals = []
        day = first_day
        while day <= last_day:
            for hours in self.hours_on(day):
                opens = in_utc(day, hours.opens, self.zone)
                closes = in_utc(day, hours.closes, self.zone)
                intervals.append((opens, closes))
            day += ONE_DAY
        return OpeningTimes(intervals)


def in_utc(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The moment, in naive UTC, at which a local wall clock shows so many minutes past midnight.

    A time that comes twice is its first occurrence, one that is skipped is read with the offset
    before the change: that is what `fold=0` means.
    """
    on_the_wall = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    return on_the_wall.replace(tzinfo=zone, fold=0).astimezone(UTC).replace(tzinfo=None)


class ChannelClocks:
    """The business clock of every channel, over one span of local dates."""

    def __init__(self, raw: ConfiguredInput, first_moment: datetime, as_of: datetime) -> None:
        """Read the schedules, and lay them out around the first moment that is measured.

        Two days before it are enough: hours that opened earlier have closed by then.
        """
        schedules = read_schedules(raw)
        first_day = first_moment.date() - 2 * ONE_DAY
        last_day = (as_of + HORIZON).date()
        self._clocks: dict[str, BusinessClock] = {}
        opening_times: dict[str, OpeningTimes] = {}
        for row in raw.channels:
            channel_id = column(row, "channel_id")
            schedule_id = column(row, "business_hours_id")
            if channel_id is None or schedule_id is None:
                continue
            if schedule_id not in schedules:
                raise ConfigurationError(f"channel {channel_id} names no schedule: {schedule_id}")
            if schedule_id not in opening_times:
                opening_times[schedule_id] = schedules[schedule_id].opening_times(first_day, last_day)
            self._clocks[channel_id] = opening_times[schedule_id]

    def of(self, channel_id: str | None) -> BusinessClock:
        """The channel's clock; without a schedule, or without a known channel, the calendar."""
        return self._clocks.get(channel_id or "") or Calendar()


def read_schedules(raw: ConfiguredInput) -> dict[str, Schedule]:
    """Read the three tables of schedules; rows about a schedule that does not exist say nothing."""
    schedules = {}
    for row in raw.business_hours:
        schedules[_required(row, "business_hours_id")] = Schedule(ZoneInfo(_required(row, "timezone")))
    for row in raw.business_hour_intervals:
        schedule = schedules.get(_required(row, "business_hours_id"))
        hours = read_hours(_required(row, "opens_at"), _required(row, "closes_at"))
        if schedule is not None:
            schedule.weekly.setdefault(_weekday(row), []).append(hours)
    for row in raw.holidays:
        schedule = schedules.get(_required(row, "business_hours_id"))
        day = date.fromisoformat(_required(row, "holiday_date"))
        hours_of_day = _holiday_hours(row)
        if schedule is not None:
            schedule.exceptions.setdefault(day, []).extend(hours_of_day)
    return schedules


def read_hours(opens_at: str, closes_at: str) -> Hours:
    """Read opening hours; closing before opening is past midnight, `24:00` the midnight that follows."""
    opens = _minutes_after_midnight(opens_at)
    closes = _MINUTES_OF_A_DAY if closes_at == "24:00" else _minutes_after_midnight(closes_at)
    if closes == opens:
        raise ConfigurationError(f"opens and closes at {opens_at}: all day is 00:00 to 24:00")
    if closes < opens:
        closes += _MINUTES_OF_A_DAY
    return Hours(opens, closes)


def _minutes_after_midnight(text: str) -> int:
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"not a time of day: {text}")
    return int(match[1]) * 60 + int(match[2])


def _holiday_hours(row: RawRow) -> Sequence[Hours]:
    """The hours of one holiday row: none if closed all day."""
    opens_at, closes_at = column(row, "opens_at"), column(row, "closes_at")
    if opens_at is None and closes_at is None:
        return []
    if opens_at is None or closes_at is None:
        raise ConfigurationError(f"a holiday opens and closes, or does neither: {dict(row)}")
    return [read_hours(opens_at, closes_at)]


def _weekday(row: RawRow) -> int:
    weekday = int(_required(row, "iso_weekday"))
    if not 1 <= weekday <= 7:
        raise ConfigurationError(f"not an ISO weekday: {weekday}")
    return weekday


def _required(row: RawRow, name: str) -> str:
    text = column(row, name)
    if text is None:
        raise ConfigurationError(f"{name} is missing: {dict(row)}")
    return text
