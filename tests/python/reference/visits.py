"""An agent's focus: one walk over the agent's focus events tells its visits.

Source: definitions, *Handle time (focus): the visit*.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from reference.agents import Action, AgentRecord
from reference.durations import in_seconds, milliseconds_between
from reference.sessions import Session
from reference.validation import PresenceEvent
from reference.vocabulary import ENDS


@dataclass
class Visit:
    """A stretch of unbroken focus of one agent on one conversation.

    `actions` are its opens and acts in total order, never empty; `ended_at` is None while open.
    """

    agent_id: str
    actions: list[Action] = field(default_factory=list)
    ended_at: datetime | None = None
    idle_tail: timedelta = timedelta(0)

    @property
    def visit_id(self) -> str:
        """The id of its first event."""
        return self.actions[0].event.event_id

    @property
    def conversation_id(self) -> str:
        """The conversation in focus."""
        return self.actions[0].event.conversation_id

    @property
    def session(self) -> Session:
        """The session of its first event."""
        return self.actions[0].session

    @property
    def started_at(self) -> datetime:
        """When its first event occurred."""
        return self.actions[0].event.occurred_at

    @property
    def last_act_at(self) -> datetime:
        """When its last open or act occurred."""
        return self.actions[-1].event.occurred_at

    @property
    def message_count(self) -> int:
        """How many messages the agent wrote in it, failed ones included."""
        return sum(action.event.is_message for action in self.actions)

    @property
    def is_handled(self) -> bool:
        """Whether the agent wrote at all; if not, it was looking."""
        return self.message_count > 0

    @property
    def is_idle_capped(self) -> bool:
        """Whether the focus ran out, and nothing else ended it."""
        return self.idle_tail > timedelta(0)

    def cap(self, idle_limit: timedelta) -> None:
        """The focus has run out: the visit ended one limit after its last open or act."""
        self.ended_at = self.last_act_at + idle_limit
        self.idle_tail = idle_limit

    def end_at(self, as_of: datetime) -> datetime:
        """When it ended; while open, `as_of`, but never before its start."""
        return max(as_of, self.started_at) if self.ended_at is None else self.ended_at


def follow_focus(record: AgentRecord, as_of: datetime, idle_limit: timedelta) -> list[Visit]:
    """Follow the one conversation in focus through the agent's focus events.

    `in_focus` is the running visit; `latest_conversation_id` that of the latest open or act, which
    outlives the visit: an end in any other conversation did not happen.
    """
    visits: list[Visit] = []
    in_focus: Visit | None = None
    latest_conversation_id: str | None = None
    for step in _focus_steps(record):
        is_end = isinstance(step, PresenceEvent) or step.event.event_type.focus_effect == ENDS
        if isinstance(step, Action) and is_end and step.event.conversation_id != latest_conversation_id:
            continue
        occurred_at, _, _ = step.total_order

        if in_focus is not None and occurred_at - in_focus.last_act_at > idle_limit:
            in_focus.cap(idle_limit)
            in_focus = None
        if isinstance(step, PresenceEvent) or is_end:
            if in_focus is not None:
                in_focus.ended_at = occurred_at
                in_focus = None
            continue

        latest_conversation_id = step.event.conversation_id
        if in_focus is not None and in_focus.conversation_id != latest_conversation_id:
            in_focus.ended_at = occurred_at
            in_focus = None
        if in_focus is None:
            in_focus = Visit(record.agent_id)
            visits.append(in_focus)
        in_focus.actions.append(step)

    if in_focus is not None and as_of - in_focus.last_act_at > idle_limit:
        in_focus.cap(idle_limit)
    return visits


def _focus_steps(record: AgentRecord) -> list[Action | PresenceEvent]:
    """The agent's focus events in total order: actions with a focus effect, and ending statuses."""
    steps: list[Action | PresenceEvent] = []
    steps.extend(action for action in record.actions if action.event.event_type.focus_effect is not None)
    steps.extend(event for event in record.presence_events if event.ends_focus)
    return sorted(steps, key=lambda step: step.total_order)


@dataclass
class FocusTime:
    """The ended visits of one session, summed up in milliseconds."""

    handle_milliseconds: int = 0
    viewing_milliseconds: int = 0

    @property
    def handle_seconds(self) -> Decimal:
        """The time of visits in which the agent wrote."""
        return in_seconds(self.handle_milliseconds)

    @property
    def viewing_seconds(self) -> Decimal:
        """The time of visits in which the agent only looked."""
        return in_seconds(self.viewing_milliseconds)


def sum_focus_by_session(visits: Iterable[Visit]) -> dict[str, FocusTime]:
    """Sum the ended visits up by session id; a session without any has no entry."""
    by_session: dict[str, FocusTime] = {}
    for visit in visits:
        if visit.ended_at is None:
            continue
        focus_time = by_session.setdefault(visit.session.session_id, FocusTime())
        milliseconds = milliseconds_between(visit.started_at, visit.ended_at)
        if visit.is_handled:
            focus_time.handle_milliseconds += milliseconds
        else:
            focus_time.viewing_milliseconds += milliseconds
    return by_session
