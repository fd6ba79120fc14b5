"""Agent work: what became of each work item of a conversation.

Source: definitions, *Agent work (assignment)*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reference.durations import in_seconds, milliseconds_between, seconds_between
from reference.reading import payload_decimal
from reference.resolutions import TeamMemberships
from reference.sessions import Session
from reference.validation import ConversationEvent
from reference.visits import Visit
from reference.vocabulary import AGENT, WORK_EVENT_TYPES, WORK_TERMINAL_STATUSES

DEFAULT_WEIGHT = Decimal(1)


@dataclass
class Work:
    """One `(conversation_id, work_id)`: the events of it that count.

    The first of every kind counts, but of the assignments the last. `first_position` is the place
    in the conversation, from 1, of the first request, else of the first assignment, else of its
    first event. `session_ended_at` is when the session of its first event ended.
    """

    work_id: str
    session: Session
    session_ended_at: datetime | None
    first_position: int = 0
    request: ConversationEvent | None = None
    last_assignment: ConversationEvent | None = None
    acceptance: ConversationEvent | None = None
    after_work: ConversationEvent | None = None
    terminal: ConversationEvent | None = None
    is_first_work: bool = False

    @property
    def conversation_id(self) -> str:
        """The conversation it is about."""
        return self.session.conversation_id

    @property
    def requested_at(self) -> datetime | None:
        """When it was first requested."""
        return _moment(self.request)

    @property
    def assigned_at(self) -> datetime | None:
        """When it was last assigned."""
        return _moment(self.last_assignment)

    @property
    def accepted_at(self) -> datetime | None:
        """When it was first accepted."""
        return _moment(self.acceptance)

    @property
    def after_work_started_at(self) -> datetime | None:
        """When after-conversation work first started."""
        return _moment(self.after_work)

    @property
    def terminal_at(self) -> datetime | None:
        """When the terminal event came that decided for good."""
        return _moment(self.terminal)

    @property
    def agent_id(self) -> str | None:
        """The agent who accepted it, else the one it was last assigned to."""
        if self.acceptance is not None and self.acceptance.actor_type == AGENT:
            return self.acceptance.actor_id
        return None if self.last_assignment is None else self.last_assignment.text("agent_id")

    @property
    def capacity_weight(self) -> Decimal:
        """The load it is, by its last assignment; 1 unless that says otherwise."""
        if self.last_assignment is None:
            return DEFAULT_WEIGHT
        weight = payload_decimal(self.last_assignment.payload, "capacity_weight")
        return DEFAULT_WEIGHT if weight is None else weight

    @property
    def is_closed_by_session_end(self) -> bool:
        """Whether it was accepted and nothing ended it but the end of its session."""
        return self.terminal is None and self.acceptance is not None and self.session_ended_at is not None

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed or transferred, or closed by the session's end."""
        if self.is_closed_by_session_end:
            return self.session_ended_at
        if self.terminal is not None and self.terminal.is_named("work_closed", "work_transferred"):
            return self.terminal.occurred_at
        return None

    @property
    def status(self) -> str:
        """By the terminal event, else as far as it came."""
        if self.terminal is not None:
            return WORK_TERMINAL_STATUSES[self.terminal.event_type.name]
        if self.is_closed_by_session_end:
            return "closed"
        if self.acceptance is not None:
            return "opened"
        return "assigned" if self.last_assignment is not None else "requested"

    @property
    def speed_to_answer_seconds(self) -> Decimal | None:
        """From request to acceptance."""
        return seconds_between(self.requested_at, self.accepted_at)

    @property
    def handle_seconds(self) -> Decimal | None:
        """From acceptance to closing, after-conversation work included."""
        return seconds_between(self.accepted_at, self.closed_at)

    @property
    def after_work_seconds(self) -> Decimal | None:
        """From the start of after-conversation work to closing."""
        return seconds_between(self.after_work_started_at, self.closed_at)

    @property
    def has_clock_anomaly(self) -> bool:
        """Whether any of the three durations would be negative."""
        return (
            _are_reversed(self.requested_at, self.accepted_at)
            or _are_reversed(self.accepted_at, self.closed_at)
            or _are_reversed(self.after_work_started_at, self.closed_at)
        )

    def team_id(self, memberships: TeamMemberships) -> str | None:
        """The team that the last assignment names, else the first request, else the agent's then."""
        for event in (self.last_assignment, self.request):
            if event is not None and event.text("team_id") is not None:
                return event.text("team_id")
        moment = self.accepted_at or self.assigned_at
        return None if moment is None else memberships.team_at(self.agent_id, moment)

    def open_stretch(self, as_of: datetime) -> tuple[datetime, datetime] | None:
        """The time for which it was the agent's load; None if there was no such time."""
        end = self.terminal_at or self.session_ended_at or as_of
        if self.agent_id is None or self.accepted_at is None or end <= self.accepted_at:
            return None
        return self.accepted_at, end

    def active_seconds(self, visits_of_agent: Sequence[Visit], as_of: datetime) -> Decimal | None:
        """How long the agent's visits to the session lasted between acceptance and closing."""
        accepted_at, closed_at = self.accepted_at, self.closed_at
        if accepted_at is None or closed_at is None or closed_at < accepted_at:
            return None
        milliseconds = 0
        for visit in visits_of_agent:
            if visit.session.session_id == self.session.session_id:
                start = max(visit.started_at, accepted_at)
                end = min(visit.end_at(as_of), closed_at)
                if start < end:
                    milliseconds += milliseconds_between(start, end)
        return in_seconds(milliseconds)


def _moment(event: ConversationEvent | None) -> datetime | None:
    return None if event is None else event.occurred_at


def _are_reversed(start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and end < start


def collect_work(sessions: Sequence[Session], ended_at: Mapping[str, datetime | None]) -> list[Work]:
    """Collect the work of one conversation, in the order of its first events.

    `sessions` are those of the conversation; `ended_at` says when each ended, by session id.
    """
    works: dict[str, Work] = {}
    positions: dict[str, dict[str, int]] = {}
    position = 0
    for session in sessions:
        for event in session.members:
            position += 1
            work_id = event.text("work_id")
            if work_id is None or not event.is_named(*WORK_EVENT_TYPES):
                continue
            work = works.setdefault(work_id, Work(work_id, session, ended_at[session.session_id]))
            firsts = positions.setdefault(work_id, {"any": position})
            firsts.setdefault(event.event_type.name, position)
            _take_in(work, event)
    for work_id, firsts in positions.items():
        either = firsts.get("work_requested") or firsts.get("work_assigned")
        works[work_id].first_position = either or firsts["any"]
    _mark_first_works(list(works.values()))
    return list(works.values())


def _take_in(work: Work, event: ConversationEvent) -> None:
    """Keep the event if it is the first of its kind, or an assignment."""
    if event.is_named("work_requested"):
        work.request = work.request or event
    elif event.is_named("work_assigned"):
        work.last_assignment = event
    elif event.is_named("work_accepted"):
        work.acceptance = work.acceptance or event
    elif event.is_named("after_work_started"):
        work.after_work = work.after_work or event
    else:
        work.terminal = work.terminal or event


def _mark_first_works(works: Sequence[Work]) -> None:
    """Mark the one work of each session that comes before its others."""
    first_of_session: dict[str, Work] = {}
    for work in works:
        session_id = work.session.session_id
        first = first_of_session.get(session_id)
        if first is None or work.first_position < first.first_position:
            first_of_session[session_id] = work
    for work in first_of_session.values():
        work.is_first_work = True
