"""When a schedule is open, as far as customers can tell: by its hours, and by the hours of its holidays."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator.centre import Channel, Schedule
from messaging_warehouse.simulator.clock import local_moment, minutes_of_day
from messaging_warehouse.simulator.distributions import ARRIVALS_BY_HOUR, ARRIVALS_BY_WEEKDAY

_DAY_MINUTES = 24 * 60
Interval = tuple[int, int]


class Openings:
    """The open times of one schedule, day by day."""

    def __init__(self, schedule: Schedule) -> None:
        self._timezone = ZoneInfo(schedule.timezone)
        self._by_weekday: dict[int, list[Interval]] = {}
        for hours in schedule.opening_hours:
            interval = _minutes(hours.opens_at, hours.closes_at)
            self._by_weekday.setdefault(hours.iso_weekday, []).append(interval)
        self._holidays: dict[date, list[Interval]] = {}
        for holiday in schedule.holidays:
            of_day = self._holidays.setdefault(holiday.holiday_date, [])
            if holiday.opens_at is not None and holiday.closes_at is not None:
                of_day.append(_minutes(holiday.opens_at, holiday.closes_at))
        self._moments: dict[date, list[Interval]] = {}

    def is_holiday(self, day: date) -> bool:
        """Whether the day has other hours than its weekday."""
        return day in self._holidays

    def is_open(self, at: int, day: date) -> bool:
        """Whether a moment (milliseconds), which lies on the day or next to it somewhere, is within the hours."""
        return any(
            start <= at < end for near in (-2, -1, 0, 1) for start, end in self._of_day(day + timedelta(days=near))
        )

    def _of_day(self, day: date) -> list[Interval]:
        """Return the open intervals that begin on a local day, in milliseconds."""
        known = self._moments.get(day)
        if known is None:
            minutes = self._holidays.get(day, self._by_weekday.get(day.isoweekday(), []))
            known = [
                (local_moment(day, opens, self._timezone), local_moment(day, closes, self._timezone))
                for opens, closes in minutes
            ]
            self._moments[day] = known
        return known

    def part_of_contacts(self, channel: Channel) -> float:
        """Return which part of a channel's usual contacts falls within the hours, over an ordinary week."""
        plain = date(2026, 3, 2)  # a Monday; what a change of the clock does to the part is nothing to speak of
        timezone = ZoneInfo(channel.timezone)
        within = total = 0.0
        for number, of_day in enumerate(ARRIVALS_BY_WEEKDAY):
            for quarter in range(96):
                weight = of_day * ARRIVALS_BY_HOUR[quarter // 4]
                day = plain + timedelta(days=number)
                total += weight
                within += weight * self.is_open(local_moment(day, 15 * quarter + 7.5, timezone), day)
        return within / total


def _minutes(opens_at: str, closes_at: str) -> Interval:
    """Return an interval in minutes of its first day; one that closes before it opens reaches into the next."""
    opens, closes = minutes_of_day(opens_at), minutes_of_day(closes_at)
    return opens, closes if closes > opens else closes + _DAY_MINUTES
