"""What becomes of promises: the rules of service levels and business time, in plain Python, on what people remember.

The third telling of them, beside the SQL and the reference: nothing here reads an event. Business time is counted by
looking at a wall clock once a minute.
"""

import csv
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator import CONFIGURATION_TABLES, Simulation
from warehouse import CONFIGURATION_COLUMNS, PROJECT

TextRows = list[dict[str, str | None]]
Configuration = dict[str, TextRows]
Row = dict[str, Any]

ONE_MINUTE = timedelta(minutes=1)
ONE_HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
# Promises that are due later than this after all that happened are not made here.
_LOOK_AHEAD = timedelta(days=30)
# What a judge can tell, and where it stands in the warehouse.
JUDGED = {
    "promises": "fct_sla_outcomes",
    "sessions": "fct_messaging_sessions",
    "responses": "fct_responses",
    "resolutions": "fct_resolutions",
    "moods": "fct_messaging_sessions",
}
_KEYS = ("session_id", "response_number", "cycle_number")
# The durations of a truth table, each with the moments between which it runs, and its name in business time.
_DURATIONS = {
    "truth_sessions": (
        ("first_response_started_at", "first_responded_at", "first_response_business_seconds"),
        ("started_at", "first_resolved_at", "first_resolution_business_seconds"),
        ("started_at", "last_resolved_at", "resolution_business_seconds"),
    ),
    "truth_responses": (
        ("prompted_first_at", "responded_at", "wait_business_seconds"),
        ("prompted_last_at", "responded_at", "response_business_seconds"),
    ),
    "truth_resolutions": (("opened_at", "resolved_at", "resolution_business_seconds"),),
}


# --- configuration ----------------------------------------------------------------------------


def configuration_of(simulation: Simulation) -> Configuration:
    """Return what a simulated centre configures; one that promises nothing, the demo's, lives under the project's.

    What emoji say is the project's in any case.
    """
    own = CONFIGURATION_TABLES if simulation.rows("sla_policies") else ()
    return {table: simulation.rows(table) if table in own else _seed(table) for table in CONFIGURATION_COLUMNS}


def _seed(table: str) -> TextRows:
    with (PROJECT / "seeds" / "config" / f"{table}.csv").open(newline="") as text:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(text)]


# --- clocks -----------------------------------------------------------------------------------


class Clock(Protocol):
    """Tells durations and due times, in milliseconds."""

    def between(self, start: datetime, end: datetime) -> int:
        """Return how long it is from start to end; nothing if that lies before the start."""

    def due(self, start: datetime, target: int) -> datetime:
        """Return the earliest moment at which the target has passed since the start."""


class CalendarClock:
    """Never stands still."""

    def between(self, start: datetime, end: datetime) -> int:
        """Return all the time there is."""
        return max(0, (end - start) // MILLISECOND)

    def due(self, start: datetime, target: int) -> datetime:
        """Return the start and the target."""
        return start + target * MILLISECOND


class OfficeClock:
    """Runs in the minutes in which the office is open by the clock on its wall.

    That is what the definitions say unless the wall clock is changed during opening hours; no schedule here is open
    at such a time.
    """

    def __init__(self, configuration: Configuration, business_hours_id: str, first: datetime, last: datetime) -> None:
        """Look at the wall from the first moment to the last (naive, UTC)."""
        office = _Office(configuration, business_hours_id)
        self._first = first.replace(minute=0, second=0, microsecond=0)
        hours = range((last - self._first) // ONE_HOUR + 1)
        self._is_open = [is_open for hour in hours for is_open in office.minutes_of(self._first + hour * ONE_HOUR)]
        self._open_before = [0, *accumulate(60_000 * is_open for is_open in self._is_open)]

    def _reading(self, moment: datetime) -> int:
        minute, rest = divmod(moment - self._first, ONE_MINUTE)
        return self._open_before[minute] + self._is_open[minute] * (rest // MILLISECOND)

    def between(self, start: datetime, end: datetime) -> int:
        """Return how much of the time falls into open minutes."""
        return max(0, self._reading(end) - self._reading(start))

    def due(self, start: datetime, target: int) -> datetime:
        """Return when the target is used up."""
        if target == 0:
            return start
        wanted = self._reading(start) + target
        minute = bisect_left(self._open_before, wanted) - 1
        return self._first + minute * ONE_MINUTE + (wanted - self._open_before[minute]) * MILLISECOND


class _Office:
    """The opening hours of one schedule, by the date and the minute on its wall clock."""

    def __init__(self, configuration: Configuration, business_hours_id: str) -> None:
        (zone,) = {row["timezone"] for row in configuration["business_hours"] if _is_of(row, business_hours_id)}
        self._zone = ZoneInfo(str(zone))
        self._weekly = [row for row in configuration["business_hour_intervals"] if _is_of(row, business_hours_id)]
        self._holidays = [row for row in configuration["holidays"] if _is_of(row, business_hours_id)]
        self._open_minutes: dict[date, set[int]] = {}

    def minutes_of(self, hour: datetime) -> Iterator[bool]:
        """Yield which of the sixty minutes from a moment on are open; wall clocks are changed on the hour."""
        wall = hour.replace(tzinfo=UTC).astimezone(self._zone)
        yesterday, today, tomorrow = (self._opened_on(wall.date() + timedelta(days=days)) for days in (-1, 0, 1))
        beginning = 60 * wall.hour + wall.minute
        for minute in range(beginning, beginning + 60):
            yield minute in today or minute + 1440 in yesterday or minute - 1440 in tomorrow

    def _opened_on(self, day: date) -> set[int]:
        """Return the open minutes of what opens on a date, counted from its midnight, into the next date."""
        if day not in self._open_minutes:
            rows = [row for row in self._holidays if row["holiday_date"] == day.isoformat()]
            rows = rows or [row for row in self._weekly if row["iso_weekday"] == str(day.isoweekday())]
            self._open_minutes[day] = {minute for row in rows for minute in _minutes(row["opens_at"], row["closes_at"])}
        return self._open_minutes[day]


def _is_of(row: Mapping[str, str | None], business_hours_id: str) -> bool:
    return row["business_hours_id"] == business_hours_id


def _minutes(opens_at: str | None, closes_at: str | None) -> range:
    """Return the minutes of one interval; a holiday without times has none."""
    if opens_at is None or closes_at is None:
        return range(0)
    opens, closes = (60 * int(text[:2]) + int(text[3:]) for text in (opens_at, closes_at))
    return range(opens, closes if closes > opens else closes + 1440)


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


# --- judgement --------------------------------------------------------------------------------


class Judge:
    """Says what the warehouse must tell of a truth, under a configuration, as of a moment."""

    def __init__(self, simulation: Simulation, truth: Mapping[str, list[Row]], as_of: datetime) -> None:
        """Hear the truth: rows of `truth_sessions`, `truth_responses`, `truth_resolutions` and `truth_promises`."""
        self._truth = truth
        self._as_of = as_of.replace(tzinfo=None)
        configuration = configuration_of(simulation)
        self._policies = configuration["sla_policies"]
        self._lexicon = {
            str(row["emoji"]): Decimal(str(row["sentiment_score"])) for row in configuration["emoji_sentiment"]
        }
        first, last = simulation.start.replace(tzinfo=None), self._as_of + _LOOK_AHEAD
        hours = {row["channel_id"]: row["business_hours_id"] for row in simulation.rows("raw_channels")}
        clocks: dict[str | None, Clock] = {
            name: OfficeClock(configuration, name, first, last) for name in hours.values() if name is not None
        }
        # What has no opening hours is always open.
        clocks[None] = CalendarClock()
        self._clocks = {channel_id: clocks[name] for channel_id, name in hours.items()}

    def rows(self, what: str) -> list[Row]:
        """Return the rows of one of the things that are `JUDGED`."""
        if what == "promises":
            return self._outcomes()
        if what == "moods":
            return [{"session_id": row["session_id"]} | self._mood(row) for row in self._truth["truth_sessions"]]
        return self._in_business_time(f"truth_{what}")

    def _outcomes(self) -> list[Row]:
        """Return what became of those promises that a policy makes."""
        outcomes = []
        for promise in self._truth["truth_promises"]:
            policy = _policy_for(promise, self._policies)
            if policy is None:
                continue
            clock = self._clocks[promise["channel_id"]] if policy["clock"] == "business" else CalendarClock()
            target = 1000 * int(str(policy["target_seconds"]))
            stopped_at, ended_at = promise["stopped_at"], promise["session_ended_at"]
            elapsed = clock.between(promise["started_at"], stopped_at or ended_at or self._as_of)
            if elapsed > target:
                status = "breached"
            elif stopped_at is not None:
                status = "met"
            else:
                status = "cancelled" if ended_at is not None else "running"
            outcomes.append(
                {name: value for name, value in promise.items() if name not in ("session_ended_at", "is_test")}
                | {
                    "policy_id": policy["policy_id"],
                    "clock": policy["clock"],
                    "due_at": clock.due(promise["started_at"], target),
                    "elapsed_seconds": _seconds(elapsed),
                    "target_seconds": _seconds(target),
                    "sla_status": status,
                }
            )
        return outcomes

    def _in_business_time(self, table: str) -> list[Row]:
        """Return the durations of a table's rows on the clocks of their sessions' channels."""
        channels = {row["session_id"]: row["channel_id"] for row in self._truth["truth_sessions"]}
        told = []
        for row in self._truth[table]:
            clock = self._clocks[channels[row["session_id"]]]
            durations: Row = {name: row[name] for name in row if name in _KEYS}
            for starts, ends, name in _DURATIONS[table]:
                start, end = row[starts], row[ends]
                is_over = start is not None and end is not None and start <= end
                durations[name] = _seconds(clock.between(start, end)) if is_over else None
            told.append(durations)
        return told

    def _mood(self, session: Row) -> Row:
        """Return what a session's emoji say: a word for each of the customer's messages that has any."""
        scores = []
        for word in (session["customer_emoji"] or "").split():
            known = [self._lexicon[emoji] for emoji in word if emoji in self._lexicon]
            if known:
                scores.append(sum(known, Decimal(0)) / len(known))
        return {
            "emoji_sentiment_score": float(sum(scores) / len(scores)) if scores else None,
            "emoji_sentiment_shift": float(scores[-1] - scores[0]) if scores else None,
            "scored_message_count": len(scores),
        }


def _policy_for(promise: Row, policies: Sequence[Mapping[str, str | None]]) -> Mapping[str, str | None] | None:
    """Return the policy that names most of what the promise is about; of several the one with the smaller id."""
    scopes = ("channel_id", "team_id", "topic_id")
    fitting = [
        policy
        for policy in policies
        if policy["metric"] == promise["metric"]
        and _is_valid(policy, promise["started_at"])
        and all(policy[scope] is None or policy[scope] == promise[scope] for scope in scopes)
    ]
    return min(
        fitting,
        key=lambda policy: (sum(policy[scope] is None for scope in scopes), str(policy["policy_id"])),
        default=None,
    )


def _is_valid(policy: Mapping[str, str | None], at: datetime) -> bool:
    valid_from, valid_to = policy["valid_from"], policy["valid_to"]
    return (valid_from is None or datetime.fromisoformat(valid_from) <= at) and (
        valid_to is None or at < datetime.fromisoformat(valid_to)
    )
