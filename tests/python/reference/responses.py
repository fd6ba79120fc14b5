"""Runs of waiting and the messages that end them; first response; the six session metrics.

Source: definitions, *Messages and responses*, *First response time*, *Session metrics*.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reference.durations import in_seconds, mean_milliseconds, milliseconds_between
from reference.sessions import Session
from reference.validation import ConversationEvent
from reference.vocabulary import AGENT, BOT, END_USER


@dataclass
class Run:
    """Elements on one side that wait for the other: messages, and marks on the customer's side."""

    elements: list[ConversationEvent] = field(default_factory=list)
    holds_mark: bool = False

    def add(self, element: ConversationEvent) -> None:
        """Append a message or a waiting mark."""
        self.elements.append(element)
        if not element.is_message:
            self.holds_mark = True


@dataclass(frozen=True)
class Response:
    """A run and the message that ended it; `answer` is None for the unanswered last run."""

    number: int
    run: Run
    answer: ConversationEvent | None

    @property
    def prompted_first_at(self) -> datetime:
        """When the waiting began."""
        return self.run.elements[0].occurred_at

    @property
    def prompted_last_at(self) -> datetime:
        """When the run was last added to."""
        return self.run.elements[-1].occurred_at

    @property
    def wait_milliseconds(self) -> int | None:
        """From the first element of the run to the answer: what was felt."""
        if self.answer is None:
            return None
        return milliseconds_between(self.prompted_first_at, self.answer.occurred_at)

    @property
    def response_milliseconds(self) -> int | None:
        """From the last element of the run to the answer: how fast it came."""
        if self.answer is None:
            return None
        return milliseconds_between(self.prompted_last_at, self.answer.occurred_at)

    def is_by(self, actor_type: str) -> bool:
        """Whether the run was answered by this kind of actor."""
        return self.answer is not None and self.answer.actor_type == actor_type


def talk_of(session: Session, never_arrived: AbstractSet[str]) -> Iterator[ConversationEvent]:
    """The messages that count for responses, and the hand-offs that are waiting marks, in order.

    Left out: messages by the system, business messages that never arrived, and hand-offs before
    the end user has written at all.
    """
    end_user_has_written = False
    for event in session.members:
        if event.is_message_by(END_USER):
            end_user_has_written = True
            yield event
        elif event.is_message_by(AGENT, BOT):
            if event.event_id not in never_arrived:
                yield event
        elif event.is_named("bot_handoff") and end_user_has_written:
            yield event


def pair_responses(session: Session, never_arrived: AbstractSet[str]) -> list[Response]:
    """Pair each run of waiting in the session with the message that ends it.

    Two runs are kept at once. The customer's holds end-user messages and marks; it is ended by a
    business message, but by an agent's only when it holds a mark. The business side's holds
    agents' and bots' messages; it is ended by an end-user message. A bot message that the first
    ignores still prompts in the second.
    """
    responses: list[Response] = []
    customer_waits = Run()
    business_waits = Run()
    for event in talk_of(session, never_arrived):
        if event.is_message_by(END_USER):
            if business_waits.elements:
                responses.append(Response(len(responses) + 1, business_waits, event))
                business_waits = Run()
            customer_waits.add(event)
        elif event.is_message:
            answers = event.actor_type == AGENT or not customer_waits.holds_mark
            if customer_waits.elements and answers:
                responses.append(Response(len(responses) + 1, customer_waits, event))
                customer_waits = Run()
            business_waits.add(event)
        else:
            customer_waits.add(event)
    if customer_waits.elements:
        responses.append(Response(len(responses) + 1, customer_waits, None))
    return responses


def has_unanswered_customer(responses: Sequence[Response]) -> bool:
    """Whether the customer's last run still waits."""
    return any(response.answer is None for response in responses)


@dataclass(frozen=True)
class FirstResponse:
    """The first-response clock: when it started, and the agent message that stopped it."""

    started_at: datetime
    answer: ConversationEvent | None


def find_first_response(session: Session, never_arrived: AbstractSet[str]) -> FirstResponse | None:
    """Run the first-response clock through a session; None if the end user never wrote.

    It starts at the first end-user message, again at the first hand-off after it, and stops at the
    first agent message after the start that arrived. Bots never stop it.
    """
    started_at: datetime | None = None
    was_handed_off = False
    for event in session.members:
        if started_at is None:
            if event.is_message_by(END_USER):
                started_at = event.occurred_at
        elif event.is_message_by(AGENT) and event.event_id not in never_arrived:
            return FirstResponse(started_at, event)
        elif event.is_named("bot_handoff") and not was_handed_off:
            started_at = event.occurred_at
            was_handed_off = True
    return None if started_at is None else FirstResponse(started_at, None)


def session_metrics(session: Session, responses: Sequence[Response]) -> list[tuple[str, Decimal | None]]:
    """The six metrics of an ended session, in seconds or counts; None where nobody responded."""
    by_agent = _response_milliseconds(responses, AGENT)
    by_end_user = _response_milliseconds(responses, END_USER)
    return [
        ("agent_message_count", _as_decimal(session.message_count(AGENT))),
        ("end_user_message_count", _as_decimal(session.message_count(END_USER))),
        ("average_agent_response_time", _average(by_agent)),
        ("max_agent_response_time", _maximum(by_agent)),
        ("average_end_user_response_time", _average(by_end_user)),
        ("max_end_user_response_time", _maximum(by_end_user)),
    ]


def _response_milliseconds(responses: Sequence[Response], actor_type: str) -> list[int]:
    durations = []
    for response in responses:
        milliseconds = response.response_milliseconds
        if response.is_by(actor_type) and milliseconds is not None:
            durations.append(milliseconds)
    return durations


def _as_decimal(count: int) -> Decimal:
    return Decimal(count).quantize(Decimal("0.001"))


def _average(milliseconds: Sequence[int]) -> Decimal | None:
    return in_seconds(mean_milliseconds(milliseconds)) if milliseconds else None


def _maximum(milliseconds: Sequence[int]) -> Decimal | None:
    return in_seconds(max(milliseconds)) if milliseconds else None
