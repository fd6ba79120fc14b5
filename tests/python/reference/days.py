"""An agent's days: the timeline cut at local midnight and summed up.

Source: definitions, *Time*, *Agent timeline, availability, utilisation* and *Which day*.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from reference.durations import in_seconds, milliseconds_between
from reference.inputs import truncated_to_millisecond
from reference.timeline import Segment, as_load, weight_of
from reference.vocabulary import UNKNOWN_STATUS

ONE_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_THREE_PLACES = Decimal("0.001")


@lru_cache(maxsize=10_000)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The earliest instant, in naive UTC, whose local date is the day (or, if none is, a later one).

    Of a midnight that comes twice it is the first. Where the clocks jump over midnight it is the
    moment of the jump, found by halving: before it is the day before, after it the day.
    """
    midnight = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    if midnight.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time.min):
        return midnight.replace(tzinfo=None)
    before, after = midnight - ONE_DAY, midnight
    while after - before > _MILLISECOND:
        between = before + (after - before) // 2
        if between.astimezone(zone).date() < day:
            before = between
        else:
            after = between
    # Clocks jump at whole milliseconds, and `after` is less than one after the jump.
    return truncated_to_millisecond(after.replace(tzinfo=None))


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that the moment lies in: the latest that has begun.

    That is the moment's local date, unless the clocks were set back from the new day to the old.
    """
    day = moment.replace(tzinfo=UTC).astimezone(zone).date()
    while start_of_day(day + ONE_DAY, zone) <= moment:
        day += ONE_DAY
    return day


def cut_at_midnight(segment: Segment, zone: ZoneInfo) -> Iterator[tuple[date, Segment]]:
    """The pieces of a segment, each with its day."""
    start = segment.started_at
    while start < segment.ended_at:
        day = day_of(start, zone)
        end = min(segment.ended_at, start_of_day(day + ONE_DAY, zone))
        yield day, replace(segment, started_at=start, ended_at=end)
        start = end


@dataclass
class AgentDay:
    """The sums of one agent × team × local day: milliseconds, or milliseconds × weight.

    `knows_presence` says whether any piece of it has a presence, unknown included; `knows_capacity`
    whether any piece is online with a capacity.
    """

    agent_id: str
    team_id: str | None
    day: date
    knows_presence: bool = False
    knows_capacity: bool = False
    milliseconds: dict[str, int] = field(default_factory=dict)
    open_weight: Decimal = Decimal(0)
    capacity: Decimal = Decimal(0)

    def take_in(self, piece: Segment) -> None:
        """Add one piece of the timeline to every sum that it belongs to.

        Work and visits on test channels are left out; presence stays whole.
        """
        length = milliseconds_between(piece.started_at, piece.ended_at)
        presence = piece.presence
        is_handle = piece.is_handled and not piece.is_test_channel
        work_count = len(piece.works) - len(piece.test_works)
        self._add("span", length)
        if is_handle:
            self._add("handle", length)
        if piece.is_viewing and not piece.is_test_channel:
            self._add("viewing", length)
        if presence is None:
            return

        self.knows_presence = True
        if presence.status == UNKNOWN_STATUS:
            self._add("unknown", length)
        elif not presence.is_online:
            self._add("offline", length)
        if presence.is_available:
            self._add("available", length)
        if presence.is_away:
            self._add("away", length)
        if presence.is_working:
            self._add("working", length)
        if presence.is_working and is_handle:
            self._add("handle_working", length)
        if presence.is_online:
            self._add("online", length)
            self._add("occupied", length if work_count > 0 else 0)
            self._add("open_work", length * work_count)
        if presence.is_online and presence.capacity is not None:
            self.knows_capacity = True
            self.open_weight += length * (weight_of(piece.works) - weight_of(piece.test_works))
            self.capacity += length * as_load(presence.capacity)

    def _add(self, name: str, length: int) -> None:
        self.milliseconds[name] = self.milliseconds.get(name, 0) + length

    def seconds(self, name: str) -> Decimal:
        """A sum that does not depend on presence."""
        return in_seconds(self.milliseconds.get(name, 0))

    def presence_seconds(self, name: str) -> Decimal | None:
        """A sum over presence; None where no presence is known."""
        return self.seconds(name) if self.knows_presence else None

    def capacity_seconds(self, weighted_milliseconds: Decimal) -> Decimal | None:
        """Weight × seconds, exact until here and then half-up to three places; None if unknown."""
        if not self.knows_capacity:
            return None
        return (weighted_milliseconds / 1000).quantize(_THREE_PLACES, ROUND_HALF_UP)


def sum_days(segments: Iterable[Segment], zone: ZoneInfo) -> list[AgentDay]:
    """Sum timelines up by agent, team and local day."""
    days: dict[tuple[str, str | None, date], AgentDay] = {}
    for segment in segments:
        for day, piece in cut_at_midnight(segment, zone):
            key = (segment.agent_id, segment.team_id, day)
            days.setdefault(key, AgentDay(*key)).take_in(piece)
    return list(days.values())
