"""Everything that is known of agents at `as_of`, gathered from the rules' modules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reference.agents import AgentRecord, record_agents
from reference.channels import Channels
from reference.days import AgentDay, sum_days
from reference.history import SessionHistory
from reference.inputs import RawInput, Settings
from reference.presence import PresenceInterval, follow_presence
from reference.resolutions import TeamMemberships
from reference.sessions import Session
from reference.timeline import Segment, tell_timeline
from reference.validation import PresenceEvent
from reference.visits import Visit, follow_focus
from reference.work import Work, collect_work


@dataclass
class AgentsTold:
    """All agents' visits, presence, work and time, agent after agent; work also of nobody."""

    visits: list[Visit] = field(default_factory=list)
    intervals: list[PresenceInterval] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    days: list[AgentDay] = field(default_factory=list)


def tell_agents(
    histories: Sequence[SessionHistory],
    presence_events: Iterable[PresenceEvent],
    raw: RawInput,
    as_of: datetime,
    settings: Settings,
) -> AgentsTold:
    """Tell every agent's time from the sessions, the accepted presence events and the teams."""
    told = AgentsTold(works=_collect_all_work(histories))
    records = record_agents((history.session for history in histories), presence_events)
    memberships = TeamMemberships(raw.team_memberships)
    channels = Channels(raw.channels)
    working_agent_ids = {work.agent_id for work in told.works if work.agent_id is not None}
    for agent_id in sorted(records.keys() | working_agent_ids):
        record = records.get(agent_id, AgentRecord(agent_id))
        visits = follow_focus(record, as_of, settings.focus_idle_limit)
        intervals = follow_presence(record, as_of, settings.presence_stale_after)
        works = [work for work in told.works if work.agent_id == agent_id]
        told.visits.extend(visits)
        told.intervals.extend(intervals)
        told.segments.extend(tell_timeline(agent_id, intervals, visits, works, memberships, channels, as_of))
    told.days = sum_days(told.segments, settings.reporting_zone)
    return told


def _collect_all_work(histories: Sequence[SessionHistory]) -> list[Work]:
    """The work of all conversations, conversation by conversation."""
    ended_at = {history.session.session_id: history.ended_at for history in histories}
    by_conversation: dict[str, list[Session]] = {}
    for history in histories:
        by_conversation.setdefault(history.session.conversation_id, []).append(history.session)
    works = []
    for sessions in by_conversation.values():
        works.extend(collect_work(sessions, ended_at))
    return works
