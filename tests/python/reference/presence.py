"""An agent's presence: each event's status lasts to the next, but is not believed for ever.

Source: definitions, *Agent timeline, availability, utilisation*; raw contract, presence events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reference.agents import AgentRecord
from reference.validation import PresenceEvent
from reference.vocabulary import PRESENCE_STATUSES, UNKNOWN_STATUS


@dataclass(frozen=True)
class PresenceInterval:
    """A stretch of one status, `[started_at, ended_at)`; `ended_at` is None while it lasts.

    `event` is the presence event that it comes from; the silence after it has status `unknown`.
    """

    event: PresenceEvent
    status: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_unknown(self) -> bool:
        """Whether the agent has been silent for too long to believe its last status."""
        return self.status == UNKNOWN_STATUS

    @property
    def capacity(self) -> Decimal | None:
        """The load the agent can carry; None is unlimited, or unknown."""
        return None if self.is_unknown else self.event.capacity

    @property
    def is_online(self) -> bool:
        """Whether the agent is logged in."""
        return not self.is_unknown and _is_online(self.event)

    @property
    def is_available(self) -> bool:
        """Whether the agent takes work."""
        _, is_available, _ = PRESENCE_STATUSES[self.event.status]
        return not self.is_unknown and is_available

    @property
    def is_away(self) -> bool:
        """Whether the agent is logged in and elsewhere."""
        return self.is_online and self.event.ends_focus

    @property
    def is_working(self) -> bool:
        """Whether the agent is logged in and not elsewhere."""
        return self.is_online and not self.is_away

    def end_at(self, as_of: datetime) -> datetime:
        """When it ended; while it lasts, `as_of`, but never before its start."""
        return max(as_of, self.started_at) if self.ended_at is None else self.ended_at


def follow_presence(record: AgentRecord, as_of: datetime, stale_after: timedelta) -> list[PresenceInterval]:
    """Follow the agent's status from presence event to presence event.

    An online status is cut where the agent has been silent for longer than `stale_after`. From
    there on it is unknown until the next presence event, whatever the agent does in between.
    """
    intervals = []
    acted_at = [action.event.occurred_at for action in record.actions]
    events = record.presence_events
    for number, event in enumerate(events):
        is_last = number == len(events) - 1
        until = None if is_last else events[number + 1].occurred_at
        stale_at = None
        if _is_online(event):
            stale_at = _first_silence(event.occurred_at, until, acted_at, as_of, stale_after)
        if stale_at is None:
            intervals.append(PresenceInterval(event, event.status, event.occurred_at, until))
        else:
            intervals.append(PresenceInterval(event, event.status, event.occurred_at, stale_at))
            intervals.append(PresenceInterval(event, UNKNOWN_STATUS, stale_at, until))
    return intervals


def _is_online(event: PresenceEvent) -> bool:
    is_online, _, _ = PRESENCE_STATUSES[event.status]
    return is_online


def _first_silence(
    started_at: datetime,
    until: datetime | None,
    acted_at: Sequence[datetime],
    as_of: datetime,
    stale_after: timedelta,
) -> datetime | None:
    """When the agent had first been silent for `stale_after` and stayed silent; None if never.

    Exactly `stale_after` between two signs of life is no silence. `acted_at` is in order.
    """
    last_sign_at = started_at
    for moment in acted_at:
        if moment < started_at or (until is not None and moment >= until):
            continue
        if moment - last_sign_at > stale_after:
            return last_sign_at + stale_after
        last_sign_at = moment
    next_sign_at = as_of if until is None else until
    if next_sign_at - last_sign_at > stale_after:
        return last_sign_at + stale_after
    return None
