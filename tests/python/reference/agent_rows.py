"""Rows of the published tables about agents, column by column, from what the rules found."""

from collections.abc import Sequence
from datetime import datetime

from reference.days import AgentDay
from reference.durations import in_seconds, milliseconds_between, seconds_between
from reference.inputs import Row
from reference.presence import PresenceInterval
from reference.resolutions import TeamMemberships
from reference.timeline import Segment, weight_of
from reference.visits import Visit
from reference.work import Work


def visit_row(visit: Visit, memberships: TeamMemberships) -> Row:
    """Grain: one visit; channel and messaging user are the session's, the team is the start's."""
    opening = visit.session.opening
    tail_started_at = visit.last_act_at
    return {
        "visit_id": visit.visit_id,
        "agent_id": visit.agent_id,
        "conversation_id": visit.conversation_id,
        "session_id": visit.session.session_id,
        "channel_id": opening.channel_id,
        "messaging_user_id": opening.messaging_user_id,
        "team_id": memberships.team_at(visit.agent_id, visit.started_at),
        "started_at": visit.started_at,
        "ended_at": visit.ended_at,
        "message_count": visit.message_count,
        "event_count": len(visit.actions),
        "is_handled": visit.is_handled,
        "is_idle_capped": visit.is_idle_capped,
        "idle_tail_seconds": in_seconds(milliseconds_between(tail_started_at, tail_started_at + visit.idle_tail)),
        "visit_seconds": seconds_between(visit.started_at, visit.ended_at),
    }


def interval_row(interval: PresenceInterval) -> Row:
    """Grain: one presence interval; an event's unknown stretch is an interval of its own."""
    return {
        "agent_id": interval.event.agent_id,
        "status": interval.status,
        "started_at": interval.started_at,
        "ended_at": interval.ended_at,
        "capacity": interval.capacity,
        "presence_event_id": interval.event.event_id,
        "is_online": interval.is_online,
        "is_available": interval.is_available,
        "is_away": interval.is_away,
        "presence_seconds": seconds_between(interval.started_at, interval.ended_at),
    }


def work_row(work: Work, memberships: TeamMemberships, visits_of_agent: Sequence[Visit], as_of: datetime) -> Row:
    """Grain: one `(conversation_id, work_id)`."""
    return {
        "conversation_id": work.conversation_id,
        "work_id": work.work_id,
        "session_id": work.session.session_id,
        "agent_id": work.agent_id,
        "team_id": work.team_id(memberships),
        "requested_at": work.requested_at,
        "assigned_at": work.assigned_at,
        "accepted_at": work.accepted_at,
        "after_work_started_at": work.after_work_started_at,
        "terminal_at": work.terminal_at,
        "closed_at": work.closed_at,
        "status": work.status,
        "capacity_weight": work.capacity_weight,
        "is_first_work": work.is_first_work,
        "is_closed_by_session_end": work.is_closed_by_session_end,
        "speed_to_answer_seconds": work.speed_to_answer_seconds,
        "work_handle_seconds": work.handle_seconds,
        "after_work_seconds": work.after_work_seconds,
        "active_seconds": work.active_seconds(visits_of_agent, as_of),
        "has_clock_anomaly": work.has_clock_anomaly,
    }


def segment_row(segment: Segment) -> Row:
    """Grain: agent × segment; what presence says is null where no presence is known."""
    presence, visit = segment.presence, segment.visit
    return {
        "agent_id": segment.agent_id,
        "team_id": segment.team_id,
        "started_at": segment.started_at,
        "ended_at": segment.ended_at,
        "status": None if presence is None else presence.status,
        "is_online": None if presence is None else presence.is_online,
        "is_available": None if presence is None else presence.is_available,
        "is_away": None if presence is None else presence.is_away,
        "capacity": None if presence is None else presence.capacity,
        "conversation_id": None if visit is None else visit.conversation_id,
        "session_id": None if visit is None else visit.session.session_id,
        "visit_id": None if visit is None else visit.visit_id,
        "is_handled": segment.is_handled,
        "open_work_count": len(segment.works),
        "open_work_weight": weight_of(segment.works),
        "test_work_count": len(segment.test_works),
        "test_work_weight": weight_of(segment.test_works),
        "is_test_channel": segment.is_test_channel,
    }


def day_row(day: AgentDay) -> Row:
    """Grain: agent × team × local day."""
    return {
        "agent_id": day.agent_id,
        "team_id": day.team_id,
        "activity_date": day.day,
        "span_seconds": day.seconds("span"),
        "online_seconds": day.presence_seconds("online"),
        "available_seconds": day.presence_seconds("available"),
        "away_seconds": day.presence_seconds("away"),
        "unknown_seconds": day.presence_seconds("unknown"),
        "offline_seconds": day.presence_seconds("offline"),
        "working_seconds": day.presence_seconds("working"),
        "handle_seconds": day.seconds("handle"),
        "viewing_seconds": day.seconds("viewing"),
        "handle_working_seconds": day.presence_seconds("handle_working"),
        "occupied_seconds": day.presence_seconds("occupied"),
        "open_work_seconds": day.presence_seconds("open_work"),
        "open_weight_seconds": day.capacity_seconds(day.open_weight),
        "capacity_seconds": day.capacity_seconds(day.capacity),
    }
