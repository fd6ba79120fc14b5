"""What agents and customers remember of their own doings: the raw material of the truth tables.

Nothing here reads an event. Each of these is told by whoever acts, at the moment of the act. Times are milliseconds.
"""

from __future__ import annotations

from messaging_warehouse.simulator.distributions import FOCUS_IDLE_LIMIT, SESSION_INACTIVITY_LIMIT
from messaging_warehouse.simulator.vocabulary import (
    AGENT,
    AGENT_INITIATED,
    BOT,
    END_USER,
    INBOUND,
    SYSTEM,
    TRIGGERED_OUTBOUND,
)


class Visit:
    """One unbroken stretch of an agent's attention on one conversation.

    An agent who does nothing for longer than the idle limit is taken to have looked away when it was up: such a visit
    is marked `is_idle_capped`; `looked_until` is when they truly did. `ended_at` is None while the agent still looks.
    """

    __slots__ = (
        "agent_id",
        "conversation_id",
        "ended_at",
        "event_count",
        "is_idle_capped",
        "is_test",
        "last_act_at",
        "looked_until",
        "message_count",
        "session",
        "started_at",
        "visit_id",
    )

    def __init__(self, agent_id: str, session: Session, is_test: bool, at: int, visit_id: str) -> None:
        self.agent_id = agent_id
        self.session = session
        self.conversation_id = session.conversation_id
        self.is_test = is_test
        self.visit_id = visit_id
        self.started_at = at
        self.last_act_at = at
        self.event_count = 1
        self.message_count = 0
        self.ended_at: int | None = None
        self.is_idle_capped = False
        self.looked_until: int | None = None

    def end(self, at: int) -> None:
        """Look away; the idle limit decides when the act before lies too far back."""
        self.looked_until = at
        self.is_idle_capped = at - self.last_act_at > FOCUS_IDLE_LIMIT
        self.ended_at = self.last_act_at + FOCUS_IDLE_LIMIT if self.is_idle_capped else at


class Attention:
    """Where one agent looks: at one conversation at most."""

    __slots__ = ("_agent_id", "current", "visits")

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id
        self.current: Visit | None = None
        self.visits: list[Visit] = []

    def act(self, session: Session, is_test: bool, at: int, event_id: str, is_message: bool = False) -> None:
        """Open a conversation or do something in it, which puts it in focus."""
        visit = self.current
        if (
            visit is None
            or visit.conversation_id != session.conversation_id
            or at - visit.last_act_at > FOCUS_IDLE_LIMIT
        ):
            if visit is not None:
                visit.end(at)
            self.current = visit = Visit(self._agent_id, session, is_test, at, event_id)
            self.visits.append(visit)
        else:
            visit.last_act_at = at
            visit.event_count += 1
        if is_message:
            visit.message_count += 1

    def turn_from(self, conversation_id: str, at: int) -> None:
        """Be done with a conversation; it means nothing while the agent looks at another."""
        if self.current is not None and self.current.conversation_id == conversation_id:
            self.look_away(at)

    def look_away(self, at: int) -> None:
        """Look at nothing."""
        if self.current is not None:
            self.current.end(at)
            self.current = None


class PresenceStretch:
    """A time in which an agent truly had one status; `ended_at` is None for the last.

    `event_id` is None and `is_recorded` false when the platform never learnt of it: the log-out that was lost.
    """

    __slots__ = ("capacity", "ended_at", "event_id", "started_at", "status")

    def __init__(self, status: str, capacity: int | None, at: int, event_id: str | None) -> None:
        self.status = status
        self.capacity = capacity
        self.started_at = at
        self.event_id = event_id
        self.ended_at: int | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the platform was told."""
        return self.event_id is not None


class Work:
    """One offer of a conversation to the agents, and what became of it."""

    __slots__ = (
        "accepted_at",
        "after_work_at",
        "agent_id",
        "assigned_at",
        "capacity_weight",
        "requested_at",
        "session",
        "status",
        "team_id",
        "terminal_at",
        "work_id",
    )

    def __init__(self, work_id: str, session: Session, team_id: str, weight: int, requested_at: int | None) -> None:
        self.work_id = work_id
        self.session = session
        self.team_id = team_id
        self.capacity_weight = weight
        self.requested_at = requested_at
        self.assigned_at: int | None = None
        self.accepted_at: int | None = None
        self.after_work_at: int | None = None
        self.terminal_at: int | None = None
        self.agent_id: str | None = None
        self.status = "requested"

    @property
    def is_open(self) -> bool:
        """Whether nothing final has happened to it."""
        return self.terminal_at is None

    def settle(self, status: str, at: int) -> None:
        """Come to a final end."""
        self.status = status
        self.terminal_at = at


class WaitingRun:
    """Somebody waits for an answer: since when, since their last word, and how many words."""

    __slots__ = ("first_at", "holds_mark", "last_at", "prompt_count")

    def __init__(self, at: int) -> None:
        self.first_at = at
        self.last_at = at
        self.prompt_count = 0
        self.holds_mark = False

    def add(self, at: int, is_mark: bool = False) -> None:
        """Say, or be told, one more thing."""
        self.last_at = at
        self.prompt_count += 1
        self.holds_mark = self.holds_mark or is_mark


class Answer:
    """A wait that came to its end."""

    __slots__ = ("is_first_of_agents", "responded_at", "responder_id", "responder_type", "run")

    def __init__(
        self, run: WaitingRun, responder_type: str, responder_id: str, responded_at: int, is_first_of_agents: bool
    ) -> None:
        self.run = run
        self.is_first_of_agents = is_first_of_agents
        self.responder_type = responder_type
        self.responder_id = responder_id
        self.responded_at = responded_at

    @property
    def is_by_business(self) -> bool:
        """Whether it was the customer who waited."""
        return self.responder_type != END_USER


class Cycle:
    """From the start of a session, or a reopening, to its resolve."""

    __slots__ = ("opened_at", "resolved_at", "resolved_by_agent_id", "resolved_by_type", "team_id", "topic_id")

    def __init__(self, opened_at: int) -> None:
        self.opened_at = opened_at
        self.resolved_at: int | None = None
        self.resolved_by_type: str | None = None
        self.resolved_by_agent_id: str | None = None
        self.team_id: str | None = None
        self.topic_id: str | None = None


class Survey:
    """A question about satisfaction, and the answer."""

    __slots__ = (
        "agent_id",
        "comment",
        "requested_at",
        "responded_at",
        "scale_max",
        "score",
        "session",
        "survey_id",
        "team_id",
    )

    def __init__(self, survey_id: str, session: Session, at: int, credit: tuple[str, str | None] | None) -> None:
        self.survey_id = survey_id
        self.session = session
        self.requested_at = at
        self.agent_id: str | None = None if credit is None else credit[0]
        self.team_id: str | None = None if credit is None else credit[1]
        self.scale_max = 5
        self.responded_at: int | None = None
        self.score: int | None = None
        self.comment: str | None = None


class Session:
    """What the people in one session remember of it."""

    __slots__ = (
        "account_id",
        "agent_message_count",
        "answers",
        "bot_message_count",
        "business_waits",
        "channel_id",
        "conversation_id",
        "customer_emoji",
        "customer_waits",
        "cycles",
        "end_user_message_count",
        "ended_at",
        "ended_by_type",
        "first_responded_at",
        "first_response_agent_id",
        "first_response_started_at",
        "is_followed",
        "is_handed_off",
        "is_human_due",
        "is_transferred",
        "last_activity_at",
        "last_resolved_at",
        "last_resolver",
        "last_writer",
        "messaging_user_id",
        "number",
        "origin",
        "routings",
        "started_at",
        "surveys",
        "topic_ids",
        "topics_standing",
        "works",
    )

    def __init__(
        self, conversation_id: str, number: int, channel_id: str, user_id: str, account_id: str | None, at: int
    ) -> None:
        self.conversation_id = conversation_id
        self.number = number
        self.channel_id = channel_id
        self.messaging_user_id = user_id
        self.account_id = account_id
        self.started_at = at
        self.last_activity_at = at
        self.ended_at: int | None = None
        self.ended_by_type: str | None = None
        self.is_followed = False
        self.origin: str | None = None
        self.agent_message_count = 0
        self.bot_message_count = 0
        self.end_user_message_count = 0
        self.customer_emoji: list[str] = []
        self.customer_waits: WaitingRun | None = None
        self.business_waits: WaitingRun | None = None
        self.answers: list[Answer] = []
        self.first_response_started_at: int | None = None
        self.first_responded_at: int | None = None
        self.first_response_agent_id: str | None = None
        self.is_handed_off = False
        self.is_human_due = False
        self.is_transferred = False
        self.cycles = [Cycle(at)]
        self.last_resolved_at: int | None = None
        self.topic_ids: list[str] = []
        self.topics_standing: list[tuple[int, str | None]] = []
        self.routings: list[tuple[int, str | None]] = []
        self.last_resolver: tuple[str, str | None] | None = None
        self.last_writer: tuple[str, str | None] | None = None
        self.works: list[Work] = []
        self.surveys: list[Survey] = []

    @property
    def session_id(self) -> str:
        """`<conversation_id>/<n>`."""
        return f"{self.conversation_id}/{self.number}"

    def customer_wrote(self, at: int, emoji: str) -> None:
        """Hear the customer, who waits from now on, if not already, and shows a mood with emoji, or none."""
        self.origin = self.origin or INBOUND
        self.end_user_message_count += 1
        if emoji:
            self.customer_emoji.append(emoji)
        if self.business_waits is not None:
            self.answers.append(Answer(self.business_waits, END_USER, self.messaging_user_id, at, False))
            self.business_waits = None
        if self.customer_waits is None:
            self.customer_waits = WaitingRun(at)
        self.customer_waits.add(at)
        if self.first_response_started_at is None:
            self.first_response_started_at = at
        if self.is_resolved:
            self.cycles.append(Cycle(at))

    def business_wrote(self, at: int, actor_type: str, actor_id: str, team_id: str | None, has_arrived: bool) -> None:
        """Hear an agent or a bot; a message that never arrived counts and answers nothing."""
        if actor_type == AGENT:
            self.origin = self.origin or AGENT_INITIATED
            self.agent_message_count += 1
            self.last_writer = (actor_id, team_id)
        else:
            self.origin = self.origin or TRIGGERED_OUTBOUND
            self.bot_message_count += 1
        if not has_arrived:
            return
        is_first_of_agents = (
            actor_type == AGENT and self.first_response_started_at is not None and self.first_responded_at is None
        )
        run = self.customer_waits
        if run is not None and (actor_type == AGENT or not run.holds_mark):
            self.answers.append(Answer(run, actor_type, actor_id, at, is_first_of_agents))
            self.customer_waits = None
        if self.business_waits is None:
            self.business_waits = WaitingRun(at)
        self.business_waits.add(at)
        if is_first_of_agents:
            self.first_responded_at = at
            self.first_response_agent_id = actor_id

    def system_wrote(self) -> None:
        """Hear the platform itself, whose messages answer nobody."""
        self.origin = self.origin or TRIGGERED_OUTBOUND

    def handed_off(self, at: int) -> None:
        """Be told by the bot to wait for a human; from the first time on, that is what the customer waits for."""
        if self.end_user_message_count:
            if self.customer_waits is None:
                self.customer_waits = WaitingRun(at)
            self.customer_waits.add(at, is_mark=True)
            if not self.is_human_due and self.first_responded_at is None:
                self.first_response_started_at = at
            self.is_human_due = True
        self.is_handed_off = True

    def routed(self, team_id: str, at: int) -> None:
        """Be sent to a team by the desk, a bot or an agent."""
        self.routings.append((at, team_id))

    def team_for(self, at: int) -> str | None:
        """Return the team that it lay with at a moment; before it lay with any, the first that it was sent to."""
        return _known_for(at, self.routings)

    def topic_added(self, topic_id: str, at: int) -> None:
        """Be about something; the latest counts."""
        if topic_id in self.topic_ids:
            self.topic_ids.remove(topic_id)
        self.topic_ids.append(topic_id)
        self.topics_standing.append((at, self.topic_id))

    def topic_removed(self, topic_id: str, at: int) -> None:
        """Not be about it after all."""
        if topic_id in self.topic_ids:
            self.topic_ids.remove(topic_id)
        self.topics_standing.append((at, self.topic_id))

    def topic_for(self, at: int) -> str | None:
        """Return what it was about at a moment; if that was nothing yet, what it was about next."""
        return _known_for(at, self.topics_standing)

    @property
    def topic_id(self) -> str | None:
        """The latest topic still set."""
        return self.topic_ids[-1] if self.topic_ids else None

    @property
    def is_resolved(self) -> bool:
        """Whether a resolve stands."""
        return self.cycles[-1].resolved_at is not None

    def resolved(self, at: int, actor_type: str, agent_id: str | None, team_id: str | None) -> None:
        """Be settled, by somebody."""
        self.last_resolved_at = at
        if agent_id is not None:
            self.last_resolver = (agent_id, team_id)
        cycle = self.cycles[-1]
        if cycle.resolved_at is None:
            cycle.resolved_at = at
            cycle.resolved_by_type = actor_type
            cycle.resolved_by_agent_id = agent_id
            cycle.team_id = team_id
            cycle.topic_id = self.topic_id

    def reopened(self, at: int) -> None:
        """Be taken up again by the business."""
        if self.is_resolved:
            self.cycles.append(Cycle(at))

    def ended(self, at: int, actor_type: str) -> None:
        """Be over for good."""
        if self.ended_at is None:
            self.ended_at = at
            self.ended_by_type = actor_type

    def is_over_at(self, at: int) -> bool:
        """Whether whoever speaks now speaks in a new session."""
        return self.ended_at is not None or at - self.last_activity_at >= SESSION_INACTIVITY_LIMIT

    def ending_at(self, as_of: int) -> tuple[int, str] | None:
        """Return when and by whom the session was over, as known at a moment; None while it is open."""
        if self.ended_at is not None and self.ended_by_type is not None:
            return self.ended_at, self.ended_by_type
        limit = self.last_activity_at + SESSION_INACTIVITY_LIMIT
        if not self.is_followed and as_of < limit:
            return None
        standing = self.cycles[-1]
        if standing.resolved_at is not None and standing.resolved_by_type is not None:
            return standing.resolved_at, standing.resolved_by_type
        return limit, SYSTEM

    @property
    def agent_type(self) -> str:
        """Who spoke for the business."""
        if self.agent_message_count and self.bot_message_count:
            return "bot_to_agent"
        if self.agent_message_count:
            return AGENT
        return BOT if self.bot_message_count else SYSTEM


def _known_for(at: int, told: list[tuple[int, str | None]]) -> str | None:
    """Return what was told last up to a moment; if that is nothing, what was told first after it."""
    known = None
    for since, what in told:
        if since > at and known is not None:
            break
        known = what
    return known
