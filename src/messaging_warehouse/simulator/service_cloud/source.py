"""What records are written from: the truth of a simulation, and what its platform took down."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from messaging_warehouse.simulator.clock import to_milliseconds
from messaging_warehouse.simulator.simulation import Simulation
from messaging_warehouse.simulator.tables import ALL_TABLES

# Values by column; moments and durations in milliseconds.
Record = dict[str, Any]


class Source:
    """One simulation, its rows by column names and its events by session."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.centre = simulation.centre
        self.channels = {channel.channel_id: channel for channel in simulation.centre.channels}
        self.sessions = self.records("truth_sessions")
        self.works = self.records("truth_work")
        self.users = {user["messaging_user_id"]: user for user in self.records("raw_messaging_users")}
        self.bot_ids = [channel.bot_id for channel in simulation.centre.channels if channel.bot_id is not None]
        self._sessions_of: dict[str, list[tuple[int, str]]] = {}
        for session in self.sessions:
            self._sessions_of.setdefault(session["conversation_id"], []).append(
                (session["started_at"], session["session_id"])
            )

    @property
    def began_at(self) -> int:
        """The beginning of the simulated time, in milliseconds; whatever has no date of its own is of then."""
        return to_milliseconds(self._simulation.start)

    def records(self, table: str) -> list[Record]:
        """Return a table's rows."""
        columns = ALL_TABLES[table]
        return [dict(zip(columns, row, strict=True)) for row in self._simulation.tables[table]]

    def events(self, *event_types: str, of_standard_channels: bool = False) -> list[Record]:
        """Return the events of some types in the order of their happening, with `session_id` and the payload's keys.

        What happened in a conversation before its first session belongs to that; without any its `session_id` is None.
        """
        wanted = frozenset(event_types)
        channel_ids = {
            channel_id for channel_id in self.channels if not (of_standard_channels and self.is_enhanced(channel_id))
        }
        columns = list(ALL_TABLES["raw_conversation_events"])
        type_at, channel_at = columns.index("event_type"), columns.index("channel_id")
        found = []
        for row in self._simulation.tables["raw_conversation_events"]:
            if row[type_at] in wanted and row[channel_at] in channel_ids:
                event: Record = dict(zip(columns, row, strict=True))
                payload = event.pop("payload")
                event |= json.loads(payload) if payload else {}
                event["session_id"] = self._session_of(event["conversation_id"], event["occurred_at"])
                found.append(event)
        return sorted(found, key=_in_order)

    def is_enhanced(self, channel_id: str) -> bool:
        """Whether a channel is of the newer kind, for which the platform keeps metrics and no entries."""
        return self.channels[channel_id].platform_type == "enhanced"

    def _session_of(self, conversation_id: str, at: int) -> str | None:
        sessions = self._sessions_of.get(conversation_id)
        if sessions is None:
            return None
        return sessions[max(bisect_right(sessions, at, key=lambda session: session[0]) - 1, 0)][1]


def _in_order(event: Record) -> tuple[int, int, str]:
    """Order by time; what happened at the same moment, by the number that ends the event's id."""
    return event["occurred_at"], len(event["event_id"]), event["event_id"]


def stamps(created_at: int, *changed_at: int | None) -> Record:
    """Return the columns that every record has beside its id: made at a moment, changed at others.

    None is no moment.
    """
    modified_at = max(at for at in (created_at, *changed_at) if at is not None)
    return {
        "IsDeleted": False,
        "CreatedDate": created_at,
        "LastModifiedDate": modified_at,
        "SystemModstamp": modified_at,
    }


def seconds(duration: int | None) -> int | None:
    """Return a duration in whole seconds, half up."""
    return None if duration is None else (duration + 500) // 1000


def mean_seconds(durations: Iterable[int]) -> int | None:
    """Return the mean of durations in whole seconds, half up; None of nothing."""
    values = list(durations)
    return (2 * sum(values) + 1000 * len(values)) // (2000 * len(values)) if values else None
