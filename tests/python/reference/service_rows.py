"""Rows and columns about service: SLA outcomes, surveys, business durations, sentiment.

They are published with `Settings(with_service_levels=True)` alone.
"""

from datetime import datetime

from reference.business_time import BusinessClock, ChannelClocks
from reference.contacts import MessagingUsers
from reference.durations import in_seconds
from reference.history import SessionHistory
from reference.inputs import Row, Value
from reference.messages import Message
from reference.resolutions import Cycle, TeamMemberships, latest_topic_still_set
from reference.responses import Response
from reference.satisfaction import Survey, moment_of
from reference.sentiment import Lexicon, label, mean, message_score, published, scores_of_end_user, shift
from reference.service_levels import NEXT_RESPONSE, Outcome
from reference.sessions import Session

SERVICE_TABLES = ("fct_sla_outcomes", "fct_csat_responses")
SERVICE_COLUMNS = {
    "fct_messaging_sessions": frozenset(
        {
            "first_response_business_seconds",
            "first_resolution_business_seconds",
            "resolution_business_seconds",
            "emoji_sentiment_score",
            "emoji_sentiment_shift",
            "emoji_sentiment_label",
            "scored_message_count",
        }
    ),
    "fct_messages": frozenset({"emoji_sentiment_score", "emoji_sentiment_label"}),
    "fct_responses": frozenset({"wait_business_seconds", "response_business_seconds"}),
    "fct_resolutions": frozenset({"resolution_business_seconds"}),
}


class ServiceColumns:
    """The columns about service of tables that others publish; none at all without clocks."""

    def __init__(self, clocks: ChannelClocks | None, lexicon: Lexicon) -> None:
        """Take the channels' business clocks and what emoji say."""
        self._clocks = clocks
        self._lexicon = lexicon

    def of_session(self, history: SessionHistory) -> Row:
        """Business durations of a session, and the end user's mood in it."""
        if self._clocks is None:
            return {}
        clock = self._clocks.of(history.session.opening.channel_id)
        started_at = history.session.started_at
        resolutions = history.resolutions
        first_response = history.first_response
        asked_at = None if first_response is None else first_response.started_at
        answered_at = None if first_response is None else moment_of(first_response.answer)
        scores = scores_of_end_user(history.messages, self._lexicon)
        is_felt = history.session.are_messages_recorded
        return {
            "first_response_business_seconds": _business_seconds(clock, asked_at, answered_at),
            "first_resolution_business_seconds": _business_seconds(clock, started_at, resolutions.first_resolved_at),
            "resolution_business_seconds": _business_seconds(clock, started_at, resolutions.last_resolved_at),
            "emoji_sentiment_score": published(mean(scores)) if is_felt else None,
            "emoji_sentiment_shift": published(shift(scores)) if is_felt else None,
            "emoji_sentiment_label": label(mean(scores)) if is_felt else None,
            "scored_message_count": len(scores) if is_felt else None,
        }

    def of_message(self, message: Message) -> Row:
        """The mood of a message by anyone."""
        if self._clocks is None:
            return {}
        score = message_score(message, self._lexicon)
        return {"emoji_sentiment_score": published(score), "emoji_sentiment_label": label(score)}

    def of_response(self, session: Session, response: Response) -> Row:
        """Both durations of a response in business time."""
        if self._clocks is None:
            return {}
        clock = self._clocks.of(session.opening.channel_id)
        answered_at = moment_of(response.answer)
        return {
            "wait_business_seconds": _business_seconds(clock, response.prompted_first_at, answered_at),
            "response_business_seconds": _business_seconds(clock, response.prompted_last_at, answered_at),
        }

    def of_cycle(self, session: Session, cycle: Cycle) -> Row:
        """The duration of a resolution cycle in business time."""
        if self._clocks is None:
            return {}
        clock = self._clocks.of(session.opening.channel_id)
        return {"resolution_business_seconds": _business_seconds(clock, cycle.opened_at, moment_of(cycle.resolve))}


def _business_seconds(clock: BusinessClock, start: datetime | None, end: datetime | None) -> Value:
    """Null where the calendar's duration is null: until both ends exist, or if they are reversed."""
    if start is None or end is None or end < start:
        return None
    return in_seconds(clock.business_milliseconds(start, end))


def outcome_row(outcome: Outcome, users: MessagingUsers) -> Row:
    """Grain: one measured thing that a policy holds for (metric × session, and × next response)."""
    thing, policy = outcome.thing, outcome.policy
    messaging_user_id = thing.session.opening.messaging_user_id
    return {
        "policy_id": policy.policy_id,
        "metric": thing.metric,
        "session_id": thing.session.session_id,
        "response_number": thing.response_number if thing.metric == NEXT_RESPONSE else None,
        "conversation_id": thing.session.conversation_id,
        "channel_id": thing.channel_id,
        "messaging_user_id": messaging_user_id,
        "account_id": users.account_id(messaging_user_id),
        "agent_id": thing.agent_id,
        "team_id": thing.team_id,
        "topic_id": thing.topic_id,
        "started_at": thing.started_at,
        "due_at": outcome.due_at,
        "stopped_at": moment_of(thing.answer),
        "elapsed_seconds": in_seconds(outcome.elapsed_milliseconds),
        "target_seconds": in_seconds(policy.target_milliseconds),
        "sla_status": outcome.status,
        "is_met": outcome.status == "met",
        "is_breached": outcome.status == "breached",
        "is_running": outcome.status == "running",
        "is_cancelled": outcome.status == "cancelled",
        "clock": policy.clock,
    }


def survey_row(survey: Survey, memberships: TeamMemberships, users: MessagingUsers) -> Row:
    """Grain: one `(conversation_id, survey_id)`; channel, messaging user and topic are the session's."""
    opening = survey.session.opening
    return {
        "conversation_id": survey.session.conversation_id,
        "survey_id": survey.survey_id,
        "session_id": survey.session.session_id,
        "channel_id": opening.channel_id,
        "messaging_user_id": opening.messaging_user_id,
        "account_id": users.account_id(opening.messaging_user_id),
        "topic_id": latest_topic_still_set(survey.session.members),
        "agent_id": survey.agent_id,
        "team_id": survey.team_id(memberships),
        "requested_event_id": None if survey.request is None else survey.request.event_id,
        "responded_event_id": None if survey.answer is None else survey.answer.event_id,
        "requested_at": moment_of(survey.request),
        "responded_at": moment_of(survey.answer),
        "score": survey.score,
        "scale_max": survey.scale_max,
        "is_requested": survey.request is not None,
        "is_answered": survey.answer is not None,
        "is_valid": survey.is_valid,
        "is_satisfied": survey.is_satisfied,
        "csat_comment": None if survey.answer is None else survey.answer.text("comment"),
    }
