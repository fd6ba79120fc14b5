"""What becomes of promises: the rules of service levels and moods, in plain Python, on what people remember.

A third telling, beside the SQL and the reference, and nothing here reads an event. Business time is that of the painted
calendar.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from messaging_warehouse.simulator import CONFIGURATION_TABLES, Simulation
from painted_calendar import Canvas, PaintedSchedule
from reference import ConfiguredInput
from warehouse import CONFIGURATION_COLUMNS, PROJECT

TextRows = list[dict[str, str | None]]
Configuration = dict[str, TextRows]
Row = dict[str, Any]

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
_ENDED_AT = "session_ended_at"
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


# --- judgement --------------------------------------------------------------------------------


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


class Judge:
    """Says what the warehouse must tell of a truth, under a configuration, as of a moment."""

    def __init__(self, simulation: Simulation, truth: Mapping[str, list[Row]], as_of: datetime) -> None:
        """Hear the truth: rows of `truth_sessions`, `truth_responses`, `truth_resolutions` and `truth_promises`."""
        self._truth = truth
        self._as_of = as_of.replace(tzinfo=None)
        configuration = ConfiguredInput(**configuration_of(simulation))
        self._policies = configuration.sla_policies
        self._lexicon = {
            str(row["emoji"]): Decimal(str(row["sentiment_score"])) for row in configuration.emoji_sentiment
        }
        self._canvas = Canvas(simulation.start.date() - timedelta(days=1), self._as_of.date() + _LOOK_AHEAD)
        hours = {row["channel_id"]: row["business_hours_id"] for row in simulation.rows("raw_channels")}
        painted = {name: PaintedSchedule(self._canvas, configuration, name) for name in (None, *hours.values())}
        self._calendar = painted[None]
        self._schedules = {channel_id: painted[name] for channel_id, name in hours.items()}

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
            clock = self._schedules[promise["channel_id"]] if policy["clock"] == "business" else self._calendar
            target = 1000 * int(str(policy["target_seconds"]))
            started_at, stopped_at, ended_at = (promise[name] for name in ("started_at", "stopped_at", _ENDED_AT))
            elapsed = self._between(clock, started_at, stopped_at or ended_at or self._as_of)
            if elapsed > target:
                status = "breached"
            elif stopped_at is not None:
                status = "met"
            else:
                status = "cancelled" if ended_at is not None else "running"
            outcomes.append(
                {name: value for name, value in promise.items() if name not in (_ENDED_AT, "is_test")}
                | {
                    "policy_id": policy["policy_id"],
                    "clock": policy["clock"],
                    "due_at": self._due(clock, started_at, target),
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
            clock = self._schedules[channels[row["session_id"]]]
            durations: Row = {name: row[name] for name in row if name in _KEYS}
            for starts, ends, name in _DURATIONS[table]:
                start, end = row[starts], row[ends]
                is_over = start is not None and end is not None and start <= end
                durations[name] = _seconds(self._between(clock, start, end)) if is_over else None
            told.append(durations)
        return told

    def _between(self, clock: PaintedSchedule, start: datetime, end: datetime) -> int:
        """Return a duration in milliseconds; none if the end lies before the start."""
        return clock.business_milliseconds(self._canvas.milliseconds(start), self._canvas.milliseconds(end))

    def _due(self, clock: PaintedSchedule, start: datetime, target: int) -> datetime:
        """Return the earliest moment at which a target (milliseconds) is used up."""
        due = clock.due(self._canvas.milliseconds(start), target)
        assert due is not None, "the painted calendar ends too early"
        return self._canvas.moment(due)

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
