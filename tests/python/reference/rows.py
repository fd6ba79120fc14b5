"""Rows of the published tables, column by column, from what the rules found."""

from collections.abc import Sequence

from reference.contacts import MessagingUsers, RecentClosings
from reference.durations import in_seconds, seconds_between
from reference.history import SessionHistory
from reference.inputs import RawRow, Row, column
from reference.messages import Message
from reference.reading import payload_is_true
from reference.resolutions import (
    Cycle,
    TeamMemberships,
    latest_topic_still_set,
    resolving_agent_id,
)
from reference.responses import Response, session_metrics
from reference.routing import last_routed_team
from reference.sessions import Session, find_served_by
from reference.validation import ConversationEvent, PresenceEvent
from reference.visits import FocusTime
from reference.vocabulary import AGENT, BOT, END_USER


def rejected_row(raw: RawRow, columns: Sequence[str], reason: str) -> Row:
    """Grain: one rejected delivery, its raw columns as given (empty is null) and the reason."""
    row: Row = {name: column(raw, name) for name in columns}
    row["rejection_reason"] = reason
    return row


def presence_row(event: PresenceEvent) -> Row:
    """Grain: one accepted presence event."""
    return {
        "event_id": event.event_id,
        "agent_id": event.agent_id,
        "status": event.status,
        "capacity": event.capacity,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
    }


def event_row(event: ConversationEvent, session: Session, position: int, redelivery_count: int) -> Row:
    """Grain: one accepted event; `position_in_session` counts all members from 1."""
    return {
        "event_id": event.event_id,
        "event_type": event.event_type.name,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "conversation_id": event.conversation_id,
        "session_id": session.session_id,
        "channel_id": event.channel_id,
        "messaging_user_id": event.messaging_user_id,
        "actor_type": event.actor_type,
        "actor_id": event.actor_id,
        "message_id": event.text("message_id"),
        "work_id": event.text("work_id"),
        "position_in_session": position,
        "redelivery_count": redelivery_count,
    }


# Of a session, and null where its messages are not recorded.
MADE_OF_MESSAGES = (
    "agent_message_count", "bot_message_count", "end_user_message_count", "is_bot_resolved", "is_handed_off",
    "is_abandoned",
)  # fmt: skip


def session_row(history: SessionHistory, users: MessagingUsers, closings: RecentClosings, focus_time: FocusTime) -> Row:
    """Grain: one session; `focus_time` sums its ended visits, and is zero where there is none."""
    session = history.session
    resolutions = history.resolutions
    messaging_user_id = session.opening.messaging_user_id
    agent_messages = session.message_count(AGENT)
    bot_messages = session.message_count(BOT)
    closed_at = history.closed_at
    row: Row = {
        "session_id": session.session_id,
        "conversation_id": session.conversation_id,
        "session_number": session.number,
        "channel_id": session.opening.channel_id,
        "messaging_user_id": messaging_user_id,
        "account_id": users.account_id(messaging_user_id),
        "contact_key": users.contact_key(messaging_user_id),
        "started_at": session.started_at,
        "ended_at": history.ended_at,
        "first_resolved_at": resolutions.first_resolved_at,
        "last_resolved_at": resolutions.last_resolved_at,
        "closed_at": closed_at,
        "status": history.status,
        "waiting_since_at": history.waiting_since,
        "origin": history.origin,
        "agent_type": find_served_by(session),
        "ended_by_type": None if history.ending is None else history.ending.ended_by_type,
        "agent_message_count": agent_messages,
        "bot_message_count": bot_messages,
        "end_user_message_count": session.message_count(END_USER),
        "first_resolution_seconds": seconds_between(session.started_at, resolutions.first_resolved_at),
        "resolution_seconds": seconds_between(session.started_at, resolutions.last_resolved_at),
        "resolved_by_agent_id": resolving_agent_id(resolutions.credited_resolve),
        "topic_id": latest_topic_still_set(session.members),
        "routed_team_id": last_routed_team(session),
        "is_bot_resolved": closed_at is not None and bot_messages > 0 and agent_messages == 0,
        "duration_seconds": seconds_between(session.started_at, history.ended_at),
        "is_reopened": len(resolutions.cycles) > 1,
        "is_transferred": session.has_event("work_transferred"),
        "is_handed_off": session.has_event("bot_handoff"),
        "is_abandoned": history.is_abandoned,
        "is_repeat_contact": closings.is_repeat_contact(history),
        "handle_seconds": focus_time.handle_seconds,
        "viewing_seconds": focus_time.viewing_seconds,
    }
    row.update(_first_response_columns(history))
    row["are_messages_recorded"] = session.are_messages_recorded
    row["is_agent_type_reported"] = not session.are_messages_recorded and row["agent_type"] is not None
    if not session.are_messages_recorded:
        row.update(dict.fromkeys(MADE_OF_MESSAGES))
    return row


def _first_response_columns(history: SessionHistory) -> Row:
    """All None unless the session is inbound; the start is set even while unanswered."""
    clock = history.first_response
    answer = None if clock is None else clock.answer
    started_at = None if clock is None else clock.started_at
    responded_at = None if answer is None else answer.occurred_at
    return {
        "first_response_started_at": started_at,
        "first_responded_at": responded_at,
        "first_response_seconds": seconds_between(started_at, responded_at),
        "first_response_agent_id": None if answer is None else answer.actor_id,
    }


def message_row(message: Message) -> Row:
    """Grain: one `message_sent`, or one message known by its receipts alone (`is_orphan`).

    Channel and messaging user are the session's.
    """
    session, sent, receipts = message.session, message.sent, message.receipts
    return {
        "event_id": message.known_by.event_id,
        "conversation_id": session.conversation_id,
        "message_id": message.message_id,
        "session_id": session.session_id,
        "channel_id": session.opening.channel_id,
        "messaging_user_id": session.opening.messaging_user_id,
        "actor_type": None if sent is None else sent.actor_type,
        "actor_id": None if sent is None else sent.actor_id,
        "sent_at": None if sent is None else sent.occurred_at,
        "delivery_status": message.delivery_status,
        "status_code": message.status_code,
        "is_proactive": sent is not None and payload_is_true(sent.payload, "is_proactive"),
        "has_attachments": sent is not None and payload_is_true(sent.payload, "has_attachments"),
        "message_text": None if sent is None else sent.text("text"),
        "is_orphan": sent is None,
        "delivered_at": None if receipts is None else receipts.delivered_at,
        "read_at": None if receipts is None else receipts.read_at,
        "failed_at": None if receipts is None else receipts.failed_at,
    }


def response_row(session: Session, response: Response) -> Row:
    """Grain: one response, or the unanswered last run on the customer's side."""
    answer = response.answer
    wait = response.wait_milliseconds
    response_time = response.response_milliseconds
    return {
        "session_id": session.session_id,
        "response_number": response.number,
        "responder_type": None if answer is None else answer.actor_type,
        "responder_id": _responder_id(session, response),
        "prompted_first_at": response.prompted_first_at,
        "prompted_last_at": response.prompted_last_at,
        "prompt_count": len(response.run.elements),
        "responded_at": None if answer is None else answer.occurred_at,
        "wait_seconds": None if wait is None else in_seconds(wait),
        "response_seconds": None if response_time is None else in_seconds(response_time),
    }


def _responder_id(session: Session, response: Response) -> str | None:
    """The agent or bot; of an end user's response the session's messaging user."""
    if response.answer is None:
        return None
    if response.is_by(END_USER):
        return session.opening.messaging_user_id
    return response.answer.actor_id


def metric_rows(history: SessionHistory) -> list[Row]:
    """Grain: session × metric type; six rows for an ended session, none for an open one."""
    if history.ending is None:
        return []
    session = history.session
    ours = session_metrics(session, history.responses)
    theirs = [(metric_type, session.reported_number(metric_type)) for metric_type, _ in ours]
    return [
        {
            "session_id": session.session_id,
            "metric_type": metric_type,
            "metric_value": metric_value,
            "is_reported": not session.are_messages_recorded and metric_value is not None,
        }
        for metric_type, metric_value in (ours if session.are_messages_recorded else theirs)
    ]


def resolution_row(session: Session, cycle: Cycle, memberships: TeamMemberships) -> Row:
    """Grain: one resolution cycle; `resolution_seconds` runs from the cycle's own opening."""
    resolve = cycle.resolve
    agent_id = resolving_agent_id(resolve)
    resolved_at = None if resolve is None else resolve.occurred_at
    team_id = None if resolved_at is None else memberships.team_at(agent_id, resolved_at)
    return {
        "session_id": session.session_id,
        "cycle_number": cycle.number,
        "opened_at": cycle.opened_at,
        "resolved_at": resolved_at,
        "resolved_by_type": None if resolve is None else resolve.actor_type,
        "resolved_by_agent_id": agent_id,
        "team_id": team_id,
        "topic_id": cycle.topic_id,
        "resolution_seconds": seconds_between(cycle.opened_at, resolved_at),
    }
