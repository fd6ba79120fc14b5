"""What the platform writes down: the two event logs, as deliveries that have yet to be written to files."""

from __future__ import annotations

from typing import NamedTuple

from messaging_warehouse.simulator.clock import SECOND
from messaging_warehouse.simulator.distributions import DELIVERY_LAG, Chance

_LAG_COUNT = 4_093


class ConversationDelivery(NamedTuple):
    """One delivery of a conversation event; times in milliseconds, the columns of the contract in their order."""

    event_id: str
    event_type: str
    occurred_at: int
    received_at: int
    conversation_id: str
    channel_id: str
    messaging_user_id: str
    actor_type: str
    actor_id: str | None
    payload: str | None


class PresenceDelivery(NamedTuple):
    """One delivery of a presence event; times in milliseconds, the columns of the contract in their order."""

    event_id: str
    agent_id: str
    status: str
    capacity: int | None
    occurred_at: int
    received_at: int


class Journal:
    """Takes down every event once, with the short time that its delivery took; nothing reaches beyond `last_moment`."""

    __slots__ = ("_event_count", "_lags", "_prefix", "conversation_deliveries", "last_moment", "presence_deliveries")

    def __init__(self, prefix: str, last_moment: int, chance: Chance) -> None:
        self._prefix = f"{prefix}-e"
        self._event_count = 0
        self._lags = [min(chance.duration(DELIVERY_LAG), 60 * SECOND) for _ in range(_LAG_COUNT)]
        self.last_moment = last_moment
        self.conversation_deliveries: list[ConversationDelivery] = []
        self.presence_deliveries: list[PresenceDelivery] = []

    def conversation_event(
        self,
        event_type: str,
        at: int,
        place: tuple[str, str, str],
        actor_type: str,
        actor_id: str | None,
        payload: str | None,
    ) -> str:
        """Take down an event of a conversation and return its id.

        `place` is conversation, channel and messaging user. What would happen after the last moment has not happened:
        it gets an id and leaves no trace.
        """
        self._event_count = number = self._event_count + 1
        event_id = f"{self._prefix}{number}"
        if at <= self.last_moment:
            received_at = at + self._lags[number % _LAG_COUNT]
            if received_at > self.last_moment:
                received_at = self.last_moment
            self.conversation_deliveries.append(
                ConversationDelivery(event_id, event_type, at, received_at, *place, actor_type, actor_id, payload)
            )
        return event_id

    def presence_event(self, agent_id: str, status: str, capacity: int | None, at: int) -> str:
        """Take down a presence event and return its id."""
        self._event_count = number = self._event_count + 1
        event_id = f"{self._prefix}{number}"
        if at <= self.last_moment:
            received_at = min(at + self._lags[number % _LAG_COUNT], self.last_moment)
            self.presence_deliveries.append(PresenceDelivery(event_id, agent_id, status, capacity, at, received_at))
        return event_id
