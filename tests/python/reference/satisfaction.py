"""Surveys: what was asked, what was answered, and whom the answer credits.

Source: definitions, *Customer satisfaction and sentiment*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reference.reading import payload_decimal, payload_number
from reference.resolutions import TeamMemberships
from reference.sessions import Session
from reference.validation import ConversationEvent
from reference.vocabulary import AGENT

DEFAULT_SCALE_MAX = Decimal(5)


@dataclass
class Survey:
    """One `(conversation_id, survey_id)`: its first request and its last answer, and where they lie."""

    survey_id: str
    request: ConversationEvent | None = None
    request_session: Session | None = None
    answer: ConversationEvent | None = None
    answer_session: Session | None = None

    @property
    def session(self) -> Session:
        """The session of the request, else of the answer."""
        session = self.request_session or self.answer_session
        assert session is not None, "a survey is known by one of the two"
        return session

    @property
    def known_by(self) -> ConversationEvent:
        """The request, else the answer: what comes before it can be credited."""
        event = self.request or self.answer
        assert event is not None, "a survey is known by one of the two"
        return event

    @property
    def scale_max(self) -> Decimal:
        """The highest score, by the first request; 5 unless that says otherwise."""
        named = None if self.request is None else payload_decimal(self.request.payload, "scale_max")
        return DEFAULT_SCALE_MAX if named is None else named

    @property
    def score(self) -> Decimal | None:
        """The last answer's score, valid or not; None while unanswered."""
        return None if self.answer is None else payload_decimal(self.answer.payload, "score")

    @property
    def is_valid(self) -> bool | None:
        """Whether the score lies on the scale; None while unanswered."""
        score = self._exact_score
        return None if score is None else 0 <= score <= self._exact_scale_max

    @property
    def is_satisfied(self) -> bool | None:
        """Whether a valid score is among the top two of five, exactly; None without a valid one."""
        score = self._exact_score
        if score is None or not self.is_valid:
            return None
        return score * 5 >= self._exact_scale_max * 4

    @property
    def _exact_score(self) -> Decimal | None:
        """The score as it was given: what is published is rounded, what is judged is not."""
        return None if self.answer is None else payload_number(self.answer.payload, "score")

    @property
    def _exact_scale_max(self) -> Decimal:
        named = None if self.request is None else payload_number(self.request.payload, "scale_max")
        return DEFAULT_SCALE_MAX if named is None else named

    @property
    def credited(self) -> ConversationEvent | None:
        """What credits an agent: the agents' last resolve before, else their last message before.

        A message counts even if it failed. What precedes all sessions resolves nothing.
        """
        last_resolve = None
        last_message = None
        for event in self.session.events:
            if event.total_order >= self.known_by.total_order or event.actor_type != AGENT:
                continue
            if event.is_named("conversation_resolved"):
                last_resolve = event
            elif event.is_message:
                last_message = event
        return last_resolve or last_message

    @property
    def agent_id(self) -> str | None:
        """The credited agent."""
        return None if self.credited is None else self.credited.actor_id

    def team_id(self, memberships: TeamMemberships) -> str | None:
        """The credited agent's team at the credited moment."""
        credited = self.credited
        return None if credited is None else memberships.team_at(credited.actor_id, credited.occurred_at)


def collect_surveys(sessions: Sequence[Session]) -> list[Survey]:
    """Collect the surveys of one conversation, whose sessions these are, wherever they lie in it."""
    surveys: dict[str, Survey] = {}
    for session in sessions:
        for event in session.members:
            survey_id = event.text("survey_id")
            if survey_id is None or not event.is_named("csat_requested", "csat_responded"):
                continue
            survey = surveys.setdefault(survey_id, Survey(survey_id))
            if event.is_named("csat_responded"):
                survey.answer, survey.answer_session = event, session
            elif survey.request is None:
                survey.request, survey.request_session = event, session
    return list(surveys.values())


def moment_of(event: ConversationEvent | None) -> datetime | None:
    """When it occurred, if there is one."""
    return None if event is None else event.occurred_at
