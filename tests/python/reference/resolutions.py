"""Resolution cycles, the topics set at a moment, and an agent's team at a moment.

Source: definitions, *Resolution* and *Session* (reopening); raw contract, team memberships.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reference.inputs import RawTable, column
from reference.reading import read_timestamp_or_date
from reference.validation import ConversationEvent
from reference.vocabulary import AGENT, END_USER


class SetTopics:
    """The topics set so far, the latest added last."""

    def __init__(self) -> None:
        """Begin with no topic set."""
        self._topic_ids: list[str] = []

    def see(self, event: ConversationEvent) -> None:
        """Take in the next event: an added topic becomes the latest, a removed one is unset."""
        if not event.is_named("topic_added", "topic_removed"):
            return
        topic_id = event.text("topic_id")
        if topic_id in self._topic_ids:
            self._topic_ids.remove(topic_id)
        if topic_id is not None and event.is_named("topic_added"):
            self._topic_ids.append(topic_id)

    @property
    def latest(self) -> str | None:
        """The latest topic still set; None when none is."""
        return self._topic_ids[-1] if self._topic_ids else None


def latest_topic_still_set(events: Iterable[ConversationEvent]) -> str | None:
    """The topic of a session: the latest added that no later removal of it undoes."""
    topics = SetTopics()
    for event in events:
        topics.see(event)
    return topics.latest


@dataclass
class Cycle:
    """One resolution cycle: from session start or a reopening to the resolve, if it came."""

    number: int
    opened_at: datetime
    resolve: ConversationEvent | None = None
    topic_id: str | None = None


@dataclass
class Resolutions:
    """All cycles of a session and the moments that outlive a reopening."""

    cycles: list[Cycle] = field(default_factory=list)
    first_resolved_at: datetime | None = None
    last_resolved_at: datetime | None = None

    @property
    def standing_resolve(self) -> ConversationEvent | None:
        """The resolve that nothing reopened; of several in a row the first."""
        return self.cycles[-1].resolve

    @property
    def credited_resolve(self) -> ConversationEvent | None:
        """The resolve of the last cycle that was resolved, reopened since or not."""
        resolves = [cycle.resolve for cycle in self.cycles if cycle.resolve is not None]
        return resolves[-1] if resolves else None


def follow_resolutions(preceding: Sequence[ConversationEvent], events: Sequence[ConversationEvent]) -> Resolutions:
    """Follow a session from its opening event through resolves and reopenings.

    `preceding` members set topics and do nothing else here. A resolve of what is resolved moves
    only `last_resolved_at`; resolves after the session's end count like any other.
    """
    topics = SetTopics()
    for event in preceding:
        topics.see(event)

    result = Resolutions(cycles=[Cycle(number=1, opened_at=events[0].occurred_at)])
    for event in events:
        topics.see(event)
        cycle = result.cycles[-1]
        is_resolved = cycle.resolve is not None
        if event.is_named("conversation_resolved"):
            if result.first_resolved_at is None:
                result.first_resolved_at = event.occurred_at
            result.last_resolved_at = event.occurred_at
            if not is_resolved:
                cycle.resolve = event
                cycle.topic_id = topics.latest
        elif is_resolved and reopens(event):
            result.cycles.append(Cycle(number=cycle.number + 1, opened_at=event.occurred_at))
    return result


def reopens(event: ConversationEvent) -> bool:
    """Whether the event undoes a resolve: `conversation_reopened`, or the end user writes."""
    return event.is_named("conversation_reopened") or event.is_message_by(END_USER)


def resolving_agent_id(resolve: ConversationEvent | None) -> str | None:
    """The agent who resolved; None when a bot, the end user or the system did, or nobody yet."""
    if resolve is None or resolve.actor_type != AGENT:
        return None
    return resolve.actor_id


@dataclass(frozen=True)
class Membership:
    """An agent's time in a team, `[valid_from, valid_to)`; a null bound is open."""

    team_id: str
    valid_from: datetime
    valid_to: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether the membership holds at the moment."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


class TeamMemberships:
    """Who was in which team when."""

    def __init__(self, rows: RawTable) -> None:
        """Read the raw memberships; one without agent, team or start cannot be used."""
        self._by_agent: dict[str, list[Membership]] = {}
        for row in rows:
            agent_id = column(row, "agent_id")
            team_id = column(row, "team_id")
            from_text = column(row, "valid_from")
            to_text = column(row, "valid_to")
            valid_from = None if from_text is None else read_timestamp_or_date(from_text)
            valid_to = None if to_text is None else read_timestamp_or_date(to_text)
            if agent_id is None or team_id is None or valid_from is None:
                continue
            membership = Membership(team_id, valid_from, valid_to)
            self._by_agent.setdefault(agent_id, []).append(membership)

    def changes_of(self, agent_id: str) -> list[datetime]:
        """The moments at which the agent's team becomes another one, or none, or one at all."""
        bounds = set()
        for membership in self._by_agent.get(agent_id, []):
            bounds.add(membership.valid_from)
            if membership.valid_to is not None:
                bounds.add(membership.valid_to)
        a_moment = timedelta(milliseconds=1)
        return [
            bound
            for bound in sorted(bounds)
            if self.team_at(agent_id, bound - a_moment) != self.team_at(agent_id, bound)
        ]

    def team_at(self, agent_id: str | None, moment: datetime) -> str | None:
        """The agent's team of the moment: the latest `valid_from`, then the smaller team id."""
        covering = [m for m in self._by_agent.get(agent_id or "", []) if m.covers(moment)]
        if not covering:
            return None
        latest = max(membership.valid_from for membership in covering)
        return min(membership.team_id for membership in covering if membership.valid_from == latest)
