"""A conversation's events are dealt out to sessions, and each session finds its end.

Source: definitions, *Session*.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from reference.reading import payload_decimal, payload_is_false, payload_is_true
from reference.resolutions import Resolutions
from reference.validation import ConversationEvent
from reference.vocabulary import (
    AGENT,
    BOT,
    END_USER,
    KNOWN_ORIGINS,
    SYSTEM,
    WORK_EVENT_TYPES,
    WORK_SETTLING_TYPES,
)


@dataclass
class Session:
    """One session: its events in total order, the opening one first.

    `preceding` holds what precedes all sessions of the conversation, and is filled for session 1
    only: members for every count, run and topic that never resolve, reopen, pend or end it.
    """

    conversation_id: str
    number: int
    preceding: list[ConversationEvent] = field(default_factory=list)
    events: list[ConversationEvent] = field(default_factory=list)
    has_successor: bool = False

    @property
    def session_id(self) -> str:
        """`<conversation_id>/<n>`, n from 1."""
        return f"{self.conversation_id}/{self.number}"

    @property
    def opening(self) -> ConversationEvent:
        """The event that opened the session; start, channel and messaging user are its own."""
        return self.events[0]

    @property
    def started_at(self) -> datetime:
        """When the opening event occurred."""
        return self.opening.occurred_at

    @property
    def members(self) -> list[ConversationEvent]:
        """Every event of the session in total order, the preceding ones included."""
        return self.preceding + self.events

    @property
    def last_activity(self) -> ConversationEvent:
        """The latest activity event; every starter is activity, so there always is one."""
        return [event for event in self.events if event.event_type.is_activity][-1]

    def message_count(self, actor_type: str) -> int:
        """How many messages this kind of actor sent, failed ones included."""
        return sum(event.is_message_by(actor_type) for event in self.members)

    @property
    def are_messages_recorded(self) -> bool:
        """Whether no start of the session says that the source does not have what was said in it."""
        return not any(
            event.is_named("conversation_started") and payload_is_false(event.payload, "are_messages_recorded")
            for event in self.members
        )

    def reported(self, figure: str) -> ConversationEvent | None:
        """The platform's last report of a figure of the session, not of a piece of work."""
        reports = [
            event
            for event in self.members
            if event.is_named("figure_reported") and event.text("work_id") is None and event.text("figure") == figure
        ]
        return reports[-1] if reports else None

    def reported_number(self, figure: str) -> Decimal | None:
        """The platform's last report of a figure, as a number; None where there is none, or it is no number."""
        report = self.reported(figure)
        return None if report is None else payload_decimal(report.payload, "value")

    def has_event(self, name: str) -> bool:
        """Whether any member is of this event type."""
        return any(event.is_named(name) for event in self.members)


def split_into_sessions(
    conversation_id: str, ordered_events: Sequence[ConversationEvent], inactivity: timedelta
) -> list[Session]:
    """Deal the events of one conversation, given in total order, out to its sessions.

    A starter opens a session when it is the first starter, or a `conversation_ended` lies between
    the previous starter and it, or the last activity lies `inactivity` or more before it. Every
    other event joins the session opened last. Without any starter there is no session: [].
    """
    sessions: list[Session] = []
    before_any_starter: list[ConversationEvent] = []
    ended_since_last_starter = False
    last_activity_at: datetime | None = None

    for event in ordered_events:
        if event.starts_session:
            has_been_inactive = last_activity_at is not None and event.occurred_at - last_activity_at >= inactivity
            if not sessions or ended_since_last_starter or has_been_inactive:
                if sessions:
                    sessions[-1].has_successor = True
                sessions.append(Session(conversation_id, number=len(sessions) + 1))
            ended_since_last_starter = False
        if event.event_type.ends_session:
            ended_since_last_starter = True
        if event.event_type.is_activity:
            last_activity_at = event.occurred_at

        if sessions:
            sessions[-1].events.append(event)
        else:
            before_any_starter.append(event)

    if sessions:
        sessions[0].preceding = before_any_starter
    return sessions


@dataclass(frozen=True)
class Ending:
    """When a session ended, and the actor type that ended it."""

    ended_at: datetime
    ended_by_type: str


def find_ending(session: Session, resolutions: Resolutions, as_of: datetime, inactivity: timedelta) -> Ending | None:
    """Find the end of a session at `as_of`; None while it is open.

    The first `conversation_ended` decides. Otherwise the session is over once nothing happened for
    `inactivity`: at the resolve that nothing reopened, else by the system when the limit was up.
    """
    for event in session.events:
        if event.event_type.ends_session:
            is_unknown = payload_is_true(event.payload, "is_actor_unknown")
            return Ending(event.occurred_at, "(unknown)" if is_unknown else event.actor_type)
    limit_at = session.last_activity.occurred_at + inactivity
    if not session.has_successor and as_of < limit_at:
        return None
    standing_resolve = resolutions.standing_resolve
    if standing_resolve is not None:
        return Ending(standing_resolve.occurred_at, standing_resolve.actor_type)
    return Ending(limit_at, SYSTEM)


def find_origin(session: Session) -> str | None:
    """Tell who began: by the first start that names a known origin, else by the first message.

    None for a session without any message whose start names no known origin.
    """
    for event in session.members:
        if event.is_named("conversation_started"):
            named = event.text("origin")
            if named in KNOWN_ORIGINS:
                return named
    for event in session.members:
        if event.is_message:
            if event.actor_type == END_USER:
                return "inbound"
            return "agent_initiated" if event.actor_type == AGENT else "triggered_outbound"
    return None


def find_agent_type(session: Session) -> str:
    """Who sent messages on the business side: agent, bot, both (`bot_to_agent`) or neither."""
    by_agent = session.message_count(AGENT) > 0
    by_bot = session.message_count(BOT) > 0
    if by_agent and by_bot:
        return "bot_to_agent"
    if by_agent:
        return "agent"
    return "bot" if by_bot else "system"


def find_served_by(session: Session) -> str | None:
    """Who served the session: by its messages, or where they are not recorded as the platform says."""
    if session.are_messages_recorded:
        return find_agent_type(session)
    report = session.reported("agent_type")
    said = None if report is None else report.text("value")
    return said if said in ("agent", "bot", "bot_to_agent", "system") else None


def find_waiting_work(sessions: Sequence[Session]) -> dict[str, list[datetime]]:
    """Since when work waits to be accepted, by the id of its session, of one conversation.

    Work waits when it was requested or assigned and neither accepted nor brought to a terminal
    event anywhere in the conversation: since its first request, else since its first assignment.
    It belongs to the session of its first event.
    """
    home_session: dict[str, str] = {}
    requested_at: dict[str, datetime] = {}
    assigned_at: dict[str, datetime] = {}
    settled: set[str] = set()
    for session in sessions:
        for event in session.members:
            work_id = event.text("work_id")
            if work_id is None or not event.is_named(*WORK_EVENT_TYPES):
                continue
            home_session.setdefault(work_id, session.session_id)
            if event.is_named("work_requested"):
                requested_at.setdefault(work_id, event.occurred_at)
            elif event.is_named("work_assigned"):
                assigned_at.setdefault(work_id, event.occurred_at)
            elif event.is_named(*WORK_SETTLING_TYPES):
                settled.add(work_id)
    since: dict[str, list[datetime]] = {}
    for work_id in (requested_at.keys() | assigned_at.keys()) - settled:
        offered_at = requested_at.get(work_id) or assigned_at[work_id]
        since.setdefault(home_session[work_id], []).append(offered_at)
    return since


def human_is_due(session: Session) -> bool:
    """Whether a customer who waits, waits for a human.

    So it is when the conversation was handed off, an agent has written before, or no bot has. Where messages are not
    recorded nobody knows.
    """
    if not session.are_messages_recorded:
        return False
    return session.has_event("bot_handoff") or session.message_count(AGENT) > 0 or session.message_count(BOT) == 0


def find_status(
    session: Session,
    *,
    ending: Ending | None,
    resolutions: Resolutions,
    waiting_since: datetime | None,
) -> str:
    """The status at `as_of`: ended, inactive, waiting, paused or active; the first that applies.

    `waiting_since` is when work, or a customer for whom a human is due, began to wait; None if none does.
    """
    if ending is not None:
        return "ended"
    if resolutions.standing_resolve is not None:
        return "inactive"
    if waiting_since is not None:
        return "waiting"
    if session.last_activity.is_named("conversation_pended"):
        return "paused"
    return "active"
