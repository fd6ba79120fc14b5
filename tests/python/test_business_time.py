"""Business time of the warehouse against a calendar whose open minutes are painted and counted.

One stream holds hundreds of conversations that begin, are answered and resolved at moments chosen to hurt: at opening
and closing and a millisecond beside them, around the clocks' changes, in weeks that holidays close. Every business
duration and due time of the warehouse is counted again.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from builders import ConversationBuilder, channel, conversation, holiday, opening_hours, policy, raw_input, schedule
from hostile_streams import HOLIDAY_DATES, HOLIDAY_HOURS, OPENING_HOURS, SCHEDULE_ZONES
from painted_calendar import MINUTE, Canvas, PaintedSchedule
from reference import ConfiguredInput
from reference.inputs import RawTable
from warehouse import Replay, Row

HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = "1234567"
FIRST, LAST = date(2024, 2, 20), date(2024, 12, 20)
HORIZON = timedelta(days=400)
# Local dates and a quarter of an hour before their clocks change, in UTC.
CHANGES = (
    datetime(2024, 3, 10, 6, 45),  # New York
    datetime(2024, 3, 30, 21, 45),  # Beirut
    datetime(2024, 3, 31, 0, 45),  # Berlin
    datetime(2024, 4, 6, 14, 45),  # Lord Howe
    datetime(2024, 10, 5, 15, 15),
    datetime(2024, 10, 26, 20, 45),
    datetime(2024, 10, 27, 0, 45),
    datetime(2024, 11, 3, 5, 45),
)


# Zones of the deep tests: two hours of summer time, changes at midnight, offsets of quarters, winter time in Ramadan.
ODD_ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/Santiago", "America/St_Johns",
    "Antarctica/Troll", "Asia/Gaza", "Asia/Kathmandu", "Atlantic/Azores", "Australia/Adelaide", "Pacific/Chatham",
)  # fmt: skip


def _schedules(rng: random.Random, zones: Sequence[str]) -> Iterator[tuple[str, RawTable, RawTable]]:
    """Draw schedules as (zone, hours, holidays), each kind in each of the zones."""
    for zone in zones:
        yield zone, opening_hours("12345", "09:00-17:00"), [holiday("2024-04-01"), holiday("2024-10-07", "10:00-12:00")]
        yield zone, opening_hours(WEEK, "20:00-04:00"), [holiday("2024-03-31"), holiday("2024-11-02", "22:00-02:30")]
        # Opens and closes within the hour that the clocks skip or repeat.
        yield zone, opening_hours(WEEK, "00:15-00:45", "01:15-01:45", "02:15-02:45"), []
        # Closed for three weeks, around one of the changes of Berlin.
        closed = [holiday((date(2024, 3, 20) + timedelta(days=day)).isoformat()) for day in range(21)]
        yield zone, opening_hours("1234", "08:00-12:30", "12:30-18:00", "17:00-01:00"), closed
        weekly = [
            row
            for hours in rng.sample(OPENING_HOURS, rng.randint(1, 3))
            for row in opening_hours("".join(rng.sample(WEEK, rng.randint(1, 7))), "-".join(hours))
        ]
        drawn = [(rng.choice(HOLIDAY_DATES), rng.choice(HOLIDAY_HOURS)) for _ in range(6)]
        yield zone, weekly, [holiday(day) | {"opens_at": hours[0], "closes_at": hours[1]} for day, hours in drawn]
    yield "UTC", opening_hours(WEEK, "00:00-24:00"), []  # always open
    yield "UTC", [], []  # never open
    yield "Europe/Berlin", [], [holiday("2024-10-26", "22:00-06:00")]  # open for one night


@dataclass
class Cases:
    """A stream with its configuration, and the painted schedule of every channel."""

    raw: ConfiguredInput
    canvas: Canvas
    painted: dict[str, PaintedSchedule]
    as_of: datetime


def draw_cases(seed: int, conversations: int) -> Cases:
    """Draw so many conversations for each of some thirty schedules; the first seed takes the streams' own zones."""
    rng = random.Random(seed)
    zones = SCHEDULE_ZONES if seed == 1 else rng.sample((*SCHEDULE_ZONES, *ODD_ZONES), len(SCHEDULE_ZONES))
    as_of = datetime.combine(LAST, datetime.min.time())
    canvas = Canvas(FIRST, (as_of + HORIZON).date())
    raw = ConfiguredInput(channels=[channel("always")])
    for number, (zone, hours, holidays) in enumerate(_schedules(rng, zones)):
        named: dict[str, str | None] = {"business_hours_id": f"hours-{number}"}
        raw.business_hours.append(schedule(zone, f"hours-{number}"))
        raw.business_hour_intervals.extend(row | named for row in hours)
        raw.holidays.extend(row | named for row in holidays)
        raw.channels.append(channel(f"ch-{number}", f"hours-{number}"))
    streams: list[ConversationBuilder] = []
    painted = {}
    for row in raw.channels:
        channel_id = str(row["channel_id"])
        painted[channel_id] = PaintedSchedule(canvas, raw, row["business_hours_id"])
        moments = _Moments(rng, canvas, painted[channel_id])
        for number in range(conversations):
            topic_id = f"{channel_id}-{number}"
            stream, started = _conversation(rng, moments, channel_id, topic_id)
            streams.append(stream)
            raw.sla_policies.extend(_policies(rng, moments, topic_id, started))
    # The latest delivery makes the moment that the warehouse speaks for.
    streams.append(conversation("the last", None).at(str(as_of)).end_user())
    raw.conversation_events = raw_input(*streams).conversation_events
    return Cases(raw, canvas, painted, as_of)


class _Moments:
    """Moments of one schedule that are worth a case."""

    def __init__(self, rng: random.Random, canvas: Canvas, painted: PaintedSchedule) -> None:
        self._rng = rng
        self._canvas = canvas
        self._painted = painted
        self._latest = canvas.milliseconds(datetime.combine(LAST, datetime.min.time())) - 60 * DAY
        self._edges = [int(edge) for edge in painted.edges() if 3 * DAY < edge < self._latest]

    def draw(self) -> int:
        """Draw a moment: an edge, or beside one, or near a change of clocks, or any."""
        kind = self._rng.randrange(4)
        if kind < 2 and self._edges:
            return self._rng.choice(self._edges) + self._rng.choice((0, 0, -1, 1, -MINUTE, HOUR))
        if kind == 2:
            near = self._canvas.milliseconds(self._rng.choice(CHANGES))
            return near + self._rng.choice((-9 * HOUR, -HOUR, -1, 0, 15 * MINUTE, 30 * MINUTE, 75 * MINUTE))
        return self._rng.randrange(3 * DAY, self._latest)

    def later(self, moment: int, within: int) -> int:
        """Draw a moment that is no earlier and so close: often the next edge."""
        edges = [edge for edge in self._edges if moment <= edge < moment + within]
        if edges and self._rng.randrange(2):
            return max(self._rng.choice(edges) + self._rng.choice((0, 0, 1, -1)), moment)
        return moment + self._rng.randrange(within)

    def target(self, start: int) -> int:
        """Draw a target: used up exactly at an edge or a millisecond beside one, else any."""
        edges = [edge for edge in self._edges if start < edge < start + 40 * DAY]
        if edges and self._rng.randrange(3):
            until = self._rng.choice(edges)
            exact = self._painted.business_milliseconds(start, until)
            return max(exact + self._rng.choice((0, 0, 1, -1)), 0)
        return self._rng.choice((0, 1, MINUTE, 8 * HOUR, self._rng.randrange(30 * DAY), 300 * DAY, 1000 * DAY))

    def text(self, moment: int) -> str:
        """Return a moment as builders read it."""
        return str(self._canvas.moment(moment))


def _conversation(
    rng: random.Random, moments: _Moments, channel_id: str, topic_id: str
) -> tuple[ConversationBuilder, int]:
    """Tell a conversation of a few answers and, days or weeks later, a resolve, a reopening, another resolve."""
    now = started = moments.draw()
    stream = conversation(topic_id, channel_id).at(moments.text(now)).end_user().topic_added(topic_id)
    for _ in range(rng.randint(0, 3)):
        if rng.randrange(2):
            now = moments.later(now, 6 * HOUR)
            stream.at(moments.text(now)).end_user()
        now = moments.later(now, 17 * HOUR)
        stream.at(moments.text(now)).agent("a1")
        now = moments.later(now, 20 * HOUR)
        stream.at(moments.text(now)).end_user()
    for _ in range(rng.randint(0, 2)):
        now = moments.later(now, rng.choice((DAY, 21 * DAY)))
        stream.at(moments.text(now)).resolved("a1")
        now = moments.later(now, 23 * HOUR)
        stream.at(moments.text(now)).reopened("a1")
    return stream, started


def _policies(rng: random.Random, moments: _Moments, topic_id: str, started: int) -> Iterator[dict[str, str | None]]:
    """Give the conversation policies of its own, by its topic."""
    for metric in ("first_response", "next_response", "resolution"):
        target = Decimal(moments.target(started)) / 1000
        clock = rng.choice(("business", "business", "business", "calendar"))
        yield policy(f"{topic_id}-{metric}", metric, str(target), clock, topic_id=topic_id)


@cache
def _drawn(seed: int, conversations: int) -> Cases:
    return draw_cases(seed, conversations)


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(2, 12))]


@pytest.fixture(scope="module", params=SEEDS)
def built(request: pytest.FixtureRequest, replay: Replay) -> tuple[Cases, Replay]:
    """A stream of chosen moments, and the warehouse out of it."""
    cases = _drawn(request.param, 30)
    replay.build(cases.raw)
    assert replay.rows("dim_build")[0]["as_of"] == cases.as_of
    return cases, replay


# --- durations --------------------------------------------------------------------------------

# Business column, its calendar twin, and the two moments between which both are counted.
DURATIONS = {
    "fct_responses": (
        ("wait_business_seconds", "wait_seconds", "prompted_first_at", "responded_at"),
        ("response_business_seconds", "response_seconds", "prompted_last_at", "responded_at"),
    ),
    "fct_resolutions": (("resolution_business_seconds", "resolution_seconds", "opened_at", "resolved_at"),),
    "fct_messaging_sessions": (
        (
            "first_response_business_seconds", "first_response_seconds", "first_response_started_at",
            "first_responded_at",
        ),
        ("first_resolution_business_seconds", "first_resolution_seconds", "started_at", "first_resolved_at"),
        ("resolution_business_seconds", "resolution_seconds", "started_at", "last_resolved_at"),
    ),
}  # fmt: skip


def _in_seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


def _rows(replay: Replay, table: str) -> list[Row]:
    """Return a fact's rows with its session's channel, but for the row that makes the moment."""
    return replay.rows(
        f"{table} as fact inner join fct_messaging_sessions as session using (session_id)",
        ("fact.*", "session.channel_id as session_channel_id", "session.ended_at as session_ended_at"),
    )


def _painted(cases: Cases, row: dict[str, Any]) -> PaintedSchedule | None:
    return cases.painted.get(row["session_channel_id"] or "")


@pytest.mark.parametrize("table", DURATIONS)
def test_business_durations_are_what_is_counted_minute_by_minute(built: tuple[Cases, Replay], table: str) -> None:
    cases, replay = built
    counted = between_both = nothing = 0
    for row in _rows(replay, table):
        painted = _painted(cases, row)
        if painted is None:
            continue
        for business, calendar, start, end in DURATIONS[table]:
            if row[calendar] is None:
                assert row[business] is None
                continue
            expected = _in_seconds(
                painted.business_milliseconds(
                    cases.canvas.milliseconds(row[start]), cases.canvas.milliseconds(row[end])
                )
            )
            assert row[business] == expected, (business, row, cases.raw.business_hours)
            counted += 1
            between_both += 0 < expected < row[calendar]
            nothing += expected == 0 < row[calendar]
    assert counted > 700
    assert between_both > counted / 4 and nothing > 20


# --- due times --------------------------------------------------------------------------------


def test_due_times_and_elapsed_time_are_what_is_counted_minute_by_minute(built: tuple[Cases, Replay]) -> None:
    cases, replay = built
    counted = at_closing = unknown = 0
    for row in _rows(replay, "fct_sla_outcomes"):
        painted = _painted(cases, row)
        assert painted is not None
        started_at, target = row["started_at"], int(row["target_seconds"] * 1000)
        until = row["stopped_at"] or row["session_ended_at"] or cases.as_of
        if row["clock"] == "calendar" or row["session_channel_id"] == "always":
            assert row["due_at"] == started_at + timedelta(milliseconds=target)
            assert row["elapsed_seconds"] == _in_seconds(max((until - started_at) // timedelta(milliseconds=1), 0))
            continue
        start = cases.canvas.milliseconds(started_at)
        due = painted.due(start, target)
        assert row["due_at"] == (None if due is None else cases.canvas.moment(due)), row
        assert row["elapsed_seconds"] == _in_seconds(
            painted.business_milliseconds(start, cases.canvas.milliseconds(until))
        ), row
        counted += 1
        unknown += due is None
        if due is not None and target > 0:
            minute, rest = divmod(due, MINUTE)
            at_closing += rest == 0 and painted.is_open[minute - 1] and not painted.is_open[minute]
    assert counted > 2000
    assert at_closing > 300 and unknown > 50
