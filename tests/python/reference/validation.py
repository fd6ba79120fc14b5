"""Deliveries become accepted events, exact redeliveries or rejections; nothing disappears.

Source: the raw contract, *What bad input gets*. Each delivery is validated alone. Of the usable
deliveries of one `event_id` the earliest received wins; the others are redeliveries.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from reference.inputs import RawRow, RawTable, Settings, column
from reference.reading import (
    Payload,
    is_numeric_or_null,
    payload_text,
    read_payload,
    read_plain_decimal,
    read_timestamp,
)
from reference.vocabulary import (
    ACTOR_TYPES,
    ACTORS_WITH_ID,
    BUSINESS_MESSAGE_RANK,
    END_USER,
    EVENT_TYPES,
    PRESENCE_RANK,
    PRESENCE_STATUSES,
    EventType,
)

CONVERSATION_EVENT_COLUMNS = (
    "event_id",
    "event_type",
    "occurred_at",
    "received_at",
    "conversation_id",
    "channel_id",
    "messaging_user_id",
    "actor_type",
    "actor_id",
    "payload",
)
PRESENCE_EVENT_COLUMNS = (
    "event_id",
    "agent_id",
    "status",
    "capacity",
    "occurred_at",
    "received_at",
)
NUMERIC_PAYLOAD_KEYS = ("score", "scale_max", "capacity_weight")


@dataclass(frozen=True)
class ConversationEvent:
    """One usable delivery of a conversation event: readable, plausible, complete."""

    raw: RawRow
    event_id: str
    event_type: EventType
    occurred_at: datetime
    received_at: datetime
    conversation_id: str
    channel_id: str | None
    messaging_user_id: str | None
    actor_type: str
    actor_id: str | None
    payload: Payload

    @property
    def sort_rank(self) -> int:
        """The vocabulary's rank; a message by anyone but the end user ranks one later."""
        if self.is_message and self.actor_type != END_USER:
            return BUSINESS_MESSAGE_RANK
        return self.event_type.sort_rank

    @property
    def total_order(self) -> tuple[datetime, int, str]:
        """The one order of events within a conversation; ids compare by code point."""
        return (self.occurred_at, self.sort_rank, self.event_id)

    @property
    def identity(self) -> tuple[str, ...]:
        """All columns but `received_at`, in contract order, null as empty."""
        return (
            self.event_type.name,
            self.occurred_at.isoformat(timespec="milliseconds"),
            self.conversation_id,
            self.channel_id or "",
            self.messaging_user_id or "",
            self.actor_type,
            self.actor_id or "",
            column(self.raw, "payload") or "",
        )

    @property
    def is_message(self) -> bool:
        """Whether this is a `message_sent`."""
        return self.event_type.name == "message_sent"

    @property
    def starts_session(self) -> bool:
        """Whether the vocabulary lets this event, by this actor, start a session."""
        return self.actor_type in self.event_type.starting_actors

    def is_named(self, *names: str) -> bool:
        """Whether the event's type is one of the names."""
        return self.event_type.name in names

    def text(self, key: str) -> str | None:
        """A payload key as text; None if absent, null or empty."""
        return payload_text(self.payload, key) or None

    def is_message_by(self, *actor_types: str) -> bool:
        """Whether this is a message sent by one of the actor types."""
        return self.is_message and self.actor_type in actor_types


@dataclass(frozen=True)
class PresenceEvent:
    """One usable delivery of a presence event."""

    raw: RawRow
    event_id: str
    agent_id: str
    status: str
    capacity: Decimal | None
    occurred_at: datetime
    received_at: datetime

    @property
    def total_order(self) -> tuple[datetime, int, str]:
        """The place among an agent's events: within one instant after every conversation event."""
        return (self.occurred_at, PRESENCE_RANK, self.event_id)

    @property
    def ends_focus(self) -> bool:
        """Whether the status takes any conversation out of focus."""
        _, _, ends_focus = PRESENCE_STATUSES[self.status]
        return ends_focus

    @property
    def identity(self) -> tuple[str, ...]:
        """All columns but `received_at`, in contract order, null as empty, capacity as text."""
        return (
            self.agent_id,
            self.status,
            column(self.raw, "capacity") or "",
            self.occurred_at.isoformat(timespec="milliseconds"),
        )


def validate_conversation_delivery(row: RawRow, settings: Settings) -> ConversationEvent | str:
    """Read one delivery alone; returns the event, or the first rejection reason that applies."""
    event_id = column(row, "event_id")
    if event_id is None:
        return "missing_event_id"
    conversation_id = column(row, "conversation_id")
    if conversation_id is None:
        return "missing_conversation_id"
    event_type = EVENT_TYPES.get(column(row, "event_type") or "")
    if event_type is None:
        return "unknown_event_type"
    times = _read_times(row)
    if isinstance(times, str):
        return times
    payload = read_payload(column(row, "payload"))
    if payload is None:
        return "invalid_payload"
    if not all(is_numeric_or_null(payload.get(key)) for key in NUMERIC_PAYLOAD_KEYS):
        return "invalid_payload"
    actor_type = column(row, "actor_type")
    actor_id = column(row, "actor_id")
    if actor_type is None or actor_type not in ACTOR_TYPES:
        return "missing_actor"
    if actor_type in ACTORS_WITH_ID and actor_id is None:
        return "missing_actor"
    if any(not payload_text(payload, key) for key in event_type.required_keys):
        return "missing_payload_key"
    occurred_at, received_at = times
    implausible = _implausible_times(occurred_at, received_at, settings)
    if implausible is not None:
        return implausible
    return ConversationEvent(
        raw=row,
        event_id=event_id,
        event_type=event_type,
        occurred_at=occurred_at,
        received_at=received_at,
        conversation_id=conversation_id,
        channel_id=column(row, "channel_id"),
        messaging_user_id=column(row, "messaging_user_id"),
        actor_type=actor_type,
        actor_id=actor_id,
        payload=payload,
    )


def validate_presence_delivery(row: RawRow, settings: Settings) -> PresenceEvent | str:
    """Read one presence delivery alone; returns the event, or the first reason that applies."""
    event_id = column(row, "event_id")
    if event_id is None:
        return "missing_event_id"
    agent_id = column(row, "agent_id")
    if agent_id is None:
        return "missing_agent_id"
    status = column(row, "status")
    if status is None or status not in PRESENCE_STATUSES:
        return "unknown_status"
    times = _read_times(row)
    if isinstance(times, str):
        return times
    capacity_text = column(row, "capacity")
    capacity = None if capacity_text is None else read_plain_decimal(capacity_text)
    if capacity_text is not None and capacity is None:
        return "invalid_payload"
    occurred_at, received_at = times
    implausible = _implausible_times(occurred_at, received_at, settings)
    if implausible is not None:
        return implausible
    return PresenceEvent(
        raw=row,
        event_id=event_id,
        agent_id=agent_id,
        status=status,
        capacity=capacity,
        occurred_at=occurred_at,
        received_at=received_at,
    )


def _read_times(row: RawRow) -> tuple[datetime, datetime] | str:
    """Read `occurred_at` and `received_at`, or say which of the two time reasons applies."""
    occurred_text = column(row, "occurred_at")
    received_text = column(row, "received_at")
    occurred_at = None if occurred_text is None else read_timestamp(occurred_text)
    received_at = None if received_text is None else read_timestamp(received_text)
    if received_at is None:
        return "invalid_timestamp"
    if occurred_text is not None and occurred_at is None:
        return "invalid_timestamp"
    if occurred_at is None:
        return "missing_occurred_at"
    return occurred_at, received_at


def _implausible_times(occurred_at: datetime, received_at: datetime, settings: Settings) -> str | None:
    """Say why the two times cannot both be right; exactly the tolerance is still plausible."""
    if occurred_at - received_at > settings.clock_skew_tolerance:
        return "occurred_after_received"
    if settings.max_lateness is not None and received_at - occurred_at > settings.max_lateness:
        return "received_implausibly_late"
    return None


class UsableDelivery(Protocol):
    """What settling redeliveries needs to know of a usable delivery."""

    @property
    def event_id(self) -> str:
        """The idempotency key."""

    @property
    def received_at(self) -> datetime:
        """When this delivery arrived."""

    @property
    def identity(self) -> tuple[str, ...]:
        """All columns but `received_at`."""

    @property
    def raw(self) -> RawRow:
        """The row as it was delivered."""


D = TypeVar("D", bound=UsableDelivery)


@dataclass
class Accepted(Generic[D]):
    """One event: its winning delivery, and how its other usable deliveries compare with it."""

    winner: D
    exact_redelivery_count: int = 0
    conflicting: list[D] = field(default_factory=list)


@dataclass
class Log(Generic[D]):
    """A log as it was received: events, rows rejected for themselves, and its latest moment."""

    accepted: list[Accepted[D]]
    rejected: list[tuple[RawRow, str]]
    latest_received_at: datetime | None

    @property
    def exact_redelivery_count(self) -> int:
        """How many deliveries said again what their event's winner says."""
        return sum(event.exact_redelivery_count for event in self.accepted)


def read_log(rows: RawTable, validate: Callable[[RawRow, Settings], D | str], settings: Settings) -> Log[D]:
    """Validate every delivery that exists, and settle the redeliveries of the usable ones."""
    usable: list[D] = []
    rejected: list[tuple[RawRow, str]] = []
    for row in _deliveries_existing_at(settings.given_as_of, rows):
        outcome = validate(row, settings)
        if isinstance(outcome, str):
            rejected.append((row, outcome))
        else:
            usable.append(outcome)
    latest = max((delivery.received_at for delivery in usable), default=None)
    return Log(_settle_redeliveries(usable), rejected, latest)


def _deliveries_existing_at(as_of: datetime | None, rows: RawTable) -> RawTable:
    """Leave out deliveries received after a given `as_of`; without one, everything exists.

    A delivery whose `received_at` cannot be read has no moment to leave it out by, and stays.
    """
    if as_of is None:
        return rows
    existing = []
    for row in rows:
        received_text = column(row, "received_at")
        received_at = None if received_text is None else read_timestamp(received_text)
        if received_at is None or received_at <= as_of:
            existing.append(row)
    return existing


def _settle_redeliveries(deliveries: Iterable[D]) -> list[Accepted[D]]:
    """Pick the winner of every `event_id`: earliest received, ties the smaller by its columns.

    The texts of the times decide last: they tell apart what differs in nothing else.
    """
    by_event_id: dict[str, list[D]] = {}
    for delivery in deliveries:
        by_event_id.setdefault(delivery.event_id, []).append(delivery)
    accepted = []
    for event_id in sorted(by_event_id):
        first, *others = sorted(
            by_event_id[event_id],
            key=lambda d: (d.received_at, d.identity, d.raw["occurred_at"], d.raw["received_at"]),
        )
        event = Accepted(first)
        for other in others:
            if other.identity == first.identity:
                event.exact_redelivery_count += 1
            else:
                event.conflicting.append(other)
        accepted.append(event)
    return accepted
