"""SLA outcomes: what is measured, the one policy that holds for it, and what became of it.

Source: raw contract, *Configuration the business owns*; definitions, *SLA*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reference.business_time import BusinessClock, Calendar, ConfigurationError
from reference.history import SessionHistory
from reference.inputs import RawTable, column
from reference.reading import read_plain_decimal, read_timestamp_or_date
from reference.resolutions import SetTopics
from reference.responses import Response
from reference.routing import team_routed_to
from reference.sessions import Session
from reference.validation import ConversationEvent
from reference.vocabulary import AGENT

FIRST_RESPONSE = "first_response"
NEXT_RESPONSE = "next_response"
RESOLUTION = "resolution"
METRICS = (FIRST_RESPONSE, NEXT_RESPONSE, RESOLUTION)
BUSINESS = "business"
CALENDAR = "calendar"


@dataclass(frozen=True)
class Measured:
    """One thing that policies are about: a clock that starts, and perhaps the event that stops it."""

    history: SessionHistory
    metric: str
    started_at: datetime
    answer: ConversationEvent | None
    response_number: int | None = None

    @property
    def session(self) -> Session:
        """The session it lies in."""
        return self.history.session

    @property
    def channel_id(self) -> str | None:
        """The session's channel."""
        return self.session.opening.channel_id

    @cached_property
    def team_id(self) -> str | None:
        """The team that it was routed to when the clock started."""
        return team_routed_to(self.session, self.started_at)

    @cached_property
    def topic_id(self) -> str | None:
        """The topic that was set when the clock started."""
        return topic_set_at(self.session, self.started_at)

    @property
    def agent_id(self) -> str | None:
        """The agent who stopped the clock; None while it runs, or if no agent stopped it."""
        if self.answer is None or self.answer.actor_type != AGENT:
            return None
        return self.answer.actor_id

    def stopped_or_seen_at(self, as_of: datetime) -> datetime:
        """Until when the clock has run: the answer, else the session's end, else `as_of`."""
        if self.answer is not None:
            return self.answer.occurred_at
        return self.history.ended_at or as_of


def topic_set_at(session: Session, moment: datetime) -> str | None:
    """The latest topic still set at the moment, else the first that is set after it."""
    topics = SetTopics()
    for event in session.members:
        if event.occurred_at <= moment:
            topics.see(event)
        elif topics.latest is None and event.is_named("topic_added"):
            return event.text("topic_id")
    return topics.latest


def measured_things(history: SessionHistory) -> list[Measured]:
    """All that is measured in a session: its first response, its next responses, its resolution."""
    things = []
    first_response = history.first_response
    if first_response is not None:
        things.append(Measured(history, FIRST_RESPONSE, first_response.started_at, first_response.answer))
    for response in _next_responses(history):
        things.append(Measured(history, NEXT_RESPONSE, response.prompted_first_at, response.answer, response.number))
    first_resolve = history.resolutions.cycles[0].resolve
    things.append(Measured(history, RESOLUTION, history.session.started_at, first_resolve))
    return things


def _next_responses(history: SessionHistory) -> list[Response]:
    """The agents' responses but the one that stopped the first-response clock; then the open run.

    A customer who still waits, waits for a *next* response once an agent has answered or stopped
    the first-response clock.
    """
    stopper = None if history.first_response is None else history.first_response.answer
    an_agent_has_answered = stopper is not None or any(response.is_by(AGENT) for response in history.responses)
    found = []
    for response in history.responses:
        if response.answer is None:
            if an_agent_has_answered:
                found.append(response)
        elif response.is_by(AGENT) and response.answer is not stopper:
            found.append(response)
    return found


@dataclass(frozen=True)
class Policy:
    """One service level agreement; a scope of None is any, a bound of None is open."""

    policy_id: str
    metric: str
    channel_id: str | None
    team_id: str | None
    topic_id: str | None
    target_milliseconds: int
    clock: str
    valid_from: datetime | None
    valid_to: datetime | None

    @property
    def specificity(self) -> int:
        """How many of channel, team and topic it names."""
        return sum(scope is not None for scope in (self.channel_id, self.team_id, self.topic_id))

    def holds_for(self, thing: Measured) -> bool:
        """Whether it is about this thing, and was valid when its clock started."""
        return (
            self.metric == thing.metric
            and (self.valid_from is None or self.valid_from <= thing.started_at)
            and (self.valid_to is None or thing.started_at < self.valid_to)
            and self.channel_id in (None, thing.channel_id)
            and self.team_id in (None, thing.team_id)
            and self.topic_id in (None, thing.topic_id)
        )


def read_policies(rows: RawTable) -> list[Policy]:
    """Read the policies, one row per id."""
    policies = []
    for row in rows:
        policy_id, metric, clock = column(row, "policy_id"), column(row, "metric"), column(row, "clock")
        target = read_plain_decimal(column(row, "target_seconds") or "")
        if policy_id is None or metric not in METRICS or clock not in (BUSINESS, CALENDAR) or target is None:
            raise ConfigurationError(f"not a policy: {row}")
        policies.append(
            Policy(
                policy_id=policy_id,
                metric=metric,
                channel_id=column(row, "channel_id"),
                team_id=column(row, "team_id"),
                topic_id=column(row, "topic_id"),
                target_milliseconds=int(target * 1000),
                clock=clock,
                valid_from=_bound(row, "valid_from"),
                valid_to=_bound(row, "valid_to"),
            )
        )
    return policies


def _bound(row: dict[str, str | None], name: str) -> datetime | None:
    text = column(row, name)
    if text is None:
        return None
    moment = read_timestamp_or_date(text)
    if moment is None:
        raise ConfigurationError(f"{name} is no moment: {text}")
    return moment


def choose_policy(policies: Sequence[Policy], thing: Measured) -> Policy | None:
    """The most specific policy that holds, and of equals the one with the smaller id."""
    holding = [policy for policy in policies if policy.holds_for(thing)]
    return min(holding, key=lambda policy: (-policy.specificity, policy.policy_id), default=None)


@dataclass(frozen=True)
class Outcome:
    """What became of one measured thing under its policy."""

    thing: Measured
    policy: Policy
    due_at: datetime | None
    elapsed_milliseconds: int

    @property
    def status(self) -> str:
        """`met` or `breached`, strictly; unanswered in time: `cancelled` by the end, else `running`."""
        if self.elapsed_milliseconds > self.policy.target_milliseconds:
            return "breached"
        if self.thing.answer is not None:
            return "met"
        return "cancelled" if self.thing.history.ending is not None else "running"


def tell_outcomes(
    history: SessionHistory, policies: Sequence[Policy], business_clock: BusinessClock, as_of: datetime
) -> list[Outcome]:
    """Tell the outcome of everything in a session that a policy holds for."""
    outcomes = []
    for thing in measured_things(history):
        policy = choose_policy(policies, thing)
        if policy is None:
            continue
        clock = business_clock if policy.clock == BUSINESS else Calendar()
        outcomes.append(
            Outcome(
                thing=thing,
                policy=policy,
                due_at=clock.due(thing.started_at, policy.target_milliseconds),
                elapsed_milliseconds=clock.business_milliseconds(thing.started_at, thing.stopped_or_seen_at(as_of)),
            )
        )
    return outcomes
