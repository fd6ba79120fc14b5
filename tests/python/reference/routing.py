"""To which team a conversation is routed.

Source: definitions, *SLA* (team).
"""

from collections.abc import Iterator
from datetime import datetime

from reference.sessions import Session

# Events that route a conversation, and the payload key by which each names a team.
ROUTING_TEAM_KEYS = {
    "bot_handoff": "team_id",
    "work_requested": "team_id",
    "work_assigned": "team_id",
    "work_transferred": "to_team_id",
}


def routings(session: Session) -> Iterator[tuple[datetime, str]]:
    """When the session was routed to which team, in total order; routings that name none are left out."""
    for event in session.members:
        key = ROUTING_TEAM_KEYS.get(event.event_type.name)
        team_id = None if key is None else event.text(key)
        if team_id is not None:
            yield event.occurred_at, team_id


def team_routed_to(session: Session, moment: datetime) -> str | None:
    """The team of the last routing at or before the moment, else of the first after it."""
    last_before = None
    for occurred_at, team_id in routings(session):
        if occurred_at > moment:
            return last_before or team_id
        last_before = team_id
    return last_before


def last_routed_team(session: Session) -> str | None:
    """The team to which the session was routed last."""
    team_ids = [team_id for _, team_id in routings(session)]
    return team_ids[-1] if team_ids else None
