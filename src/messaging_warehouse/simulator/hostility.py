"""What can go wrong on the way from the platform to the raw tables, and a note of everything that did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from messaging_warehouse.simulator.clock import DAY, HOUR, MINUTE, SECOND
from messaging_warehouse.simulator.distributions import Chance
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.journal import ConversationDelivery, PresenceDelivery

D = TypeVar("D", ConversationDelivery, PresenceDelivery)
HostilityRow = tuple[str | int | bool | None, ...]
Corruption = Callable[[Any], dict[str, Any]]

_LATEST = 4 * DAY
_LONG_AGO = 500 * DAY


@dataclass(frozen=True)
class Hostility:
    """Parts of all deliveries, each in [0, 1]; what is corrupted or conflicting is what the warehouse rejects.

    A corrupted delivery is followed by a good one of the same event half of the time. Events lost, and corrupted ones
    without such a redelivery, never reach the warehouse.
    """

    late: float = 0.0
    duplicated: float = 0.0
    conflicting: float = 0.0
    corrupted: float = 0.0
    lost: float = 0.0

    def require_possible(self) -> None:
        """Raise SimulationError for a rate outside [0, 1], or for more than there is to go wrong."""
        for rate in fields(self):
            value = getattr(self, rate.name)
            if not 0 <= value <= 1:
                raise SimulationError(f"The rate {rate.name} is {value:g}; give a number from 0 to 1.")
        total = self.late + self.duplicated + self.conflicting + self.corrupted + self.lost
        if total > 1:
            raise SimulationError(f"The rates of hostility add up to {total:g}; together they can be 1 at most.")

    @property
    def is_active(self) -> bool:
        """Whether anything goes wrong at all."""
        return any(getattr(self, rate.name) > 0 for rate in fields(self))


HOSTILITIES = {
    "none": Hostility(),
    "mild": Hostility(late=0.01, duplicated=0.01, conflicting=0.002, corrupted=0.003, lost=0.001),
    "wild": Hostility(late=0.05, duplicated=0.04, conflicting=0.008, corrupted=0.02, lost=0.01),
}

# Each corruption is what the rejection of its name is about: the columns to overwrite.
_CONVERSATION_CORRUPTIONS: dict[str, Corruption] = {
    "missing_event_id": lambda row: {"event_id": None},
    "missing_conversation_id": lambda row: {"conversation_id": None},
    "unknown_event_type": lambda row: {"event_type": "message_edited"},
    "invalid_timestamp": lambda row: {"occurred_at": "yesterday, about noon"},
    "missing_occurred_at": lambda row: {"occurred_at": None},
    "invalid_payload": lambda row: {"payload": '{"message_id": "m1", "text": '},
    "missing_actor": lambda row: {"actor_type": None, "actor_id": None},
    "missing_payload_key": lambda row: {"event_type": "message_sent", "payload": "{}"},
    "occurred_after_received": lambda row: {"occurred_at": row.received_at + DAY},
    "received_implausibly_late": lambda row: {"occurred_at": row.occurred_at - _LONG_AGO},
    # Under an id of its own: it would win over a good delivery that comes later.
    "no_session": lambda row: {
        "event_id": f"{row.event_id}x",
        "event_type": "message_read",
        "conversation_id": f"{row.conversation_id}-gone",
        "actor_type": "system",
        "actor_id": None,
        "payload": '{"message_id": "m1"}',
    },
}
_PRESENCE_CORRUPTIONS: dict[str, Corruption] = {
    "missing_event_id": lambda row: {"event_id": None},
    "missing_agent_id": lambda row: {"agent_id": None},
    "unknown_status": lambda row: {"status": "lunch"},
    "invalid_timestamp": lambda row: {"occurred_at": "31.02.2026 9:00"},
    "missing_occurred_at": lambda row: {"occurred_at": None},
    "occurred_after_received": lambda row: {"occurred_at": row.received_at + DAY},
    "received_implausibly_late": lambda row: {"occurred_at": row.occurred_at - _LONG_AGO},
}


def _contradict_conversation(row: ConversationDelivery) -> ConversationDelivery:
    return row._replace(messaging_user_id=f"{row.messaging_user_id}x")


def _contradict_presence(row: PresenceDelivery) -> PresenceDelivery:
    return row._replace(status="away" if row.status != "away" else "busy")


class Mishaps:
    """Does to deliveries what the hostility says, and notes it in rows of `truth_hostility`."""

    def __init__(self, hostility: Hostility, last_moment: int, chance: Chance) -> None:
        self._hostility = hostility
        self._last_moment = last_moment
        self._chance = chance
        self.notes: list[HostilityRow] = []

    def befall_conversations(self, deliveries: Sequence[ConversationDelivery]) -> list[ConversationDelivery]:
        """Return what is delivered of the conversation events, in the order of receipt."""
        return self._befall(
            "raw_conversation_events", deliveries, _CONVERSATION_CORRUPTIONS, _contradict_conversation,
            lambda row: (row.conversation_id, row.actor_id if row.actor_type == "agent" else None),
        )  # fmt: skip

    def befall_presence(self, deliveries: Sequence[PresenceDelivery]) -> list[PresenceDelivery]:
        """Return what is delivered of the presence events, in the order of receipt."""
        return self._befall(
            "raw_presence_events", deliveries, _PRESENCE_CORRUPTIONS, _contradict_presence,
            lambda row: (None, row.agent_id),
        )  # fmt: skip

    def _befall(
        self,
        table: str,
        deliveries: Sequence[D],
        corruptions: dict[str, Corruption],
        contradict: Callable[[D], D],
        place_of: Callable[[D], tuple[str | None, str | None]],
    ) -> list[D]:
        chance, hostility = self._chance, self._hostility
        thresholds = [hostility.late, hostility.duplicated, hostility.conflicting, hostility.corrupted, hostility.lost]
        late, duplicated, conflicting, corrupted, lost = (sum(thresholds[: place + 1]) for place in range(5))
        reasons = list(corruptions)
        delivered: list[D] = []

        def note(row: D, kind: str, reason: str | None = None, delay: int | None = None, is_lost: bool = False) -> None:
            self.notes.append((table, row.event_id, *place_of(row), kind, reason, delay, is_lost))

        for row in deliveries:
            luck = chance.rng.random()
            if luck >= lost:
                delivered.append(row)
            elif luck < late:
                received_at = min(row.occurred_at + chance.between(10 * MINUTE, _LATEST), self._last_moment)
                delivered.append(row._replace(received_at=received_at))
                note(row, "late", delay=received_at - row.occurred_at)
            elif luck < duplicated:
                delivered += [row, self._again(row)]
                note(row, "duplicated", delay=delivered[-1].received_at - row.received_at)
            elif luck < conflicting:
                # The first delivery wins only if it is received before the other one.
                second = self._again(row)
                delivered.append(row)
                if second.received_at > row.received_at:
                    delivered.append(contradict(second))
                    note(row, "conflicting", "conflicting_redelivery", second.received_at - row.received_at)
            elif luck < corrupted:
                reason = reasons[len(self.notes) % len(reasons)]
                delivered.append(row._replace(**corruptions[reason](row)))
                is_repeated = chance.happens(0.5)
                if is_repeated:
                    delivered.append(self._again(row))
                note(row, "corrupted", reason, is_lost=not is_repeated)
            else:
                note(row, "lost", is_lost=True)
        return in_order_of_receipt(delivered)

    def _again(self, row: D) -> D:
        """Return a later delivery of the same event."""
        delay = self._chance.between(2 * SECOND, 6 * HOUR)
        return row._replace(received_at=min(row.received_at + delay, self._last_moment))


def in_order_of_receipt(deliveries: Sequence[D]) -> list[D]:
    """Return deliveries as they come in; those of one moment in the order given."""
    return sorted(deliveries, key=lambda row: row.received_at)
