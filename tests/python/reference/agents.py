"""What the two logs say of each agent: what it did in conversations, and its presence.

Source: raw contract, *Total order*; definitions, *Handle time*.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from reference.sessions import Session
from reference.validation import ConversationEvent, PresenceEvent
from reference.vocabulary import AGENT


@dataclass(frozen=True)
class Action:
    """One event of a conversation that the agent caused, and the session that it belongs to."""

    event: ConversationEvent
    session: Session

    @property
    def total_order(self) -> tuple[datetime, int, str]:
        """The place among an agent's events."""
        return self.event.total_order


@dataclass
class AgentRecord:
    """All that one agent did, each list in total order."""

    agent_id: str
    actions: list[Action] = field(default_factory=list)
    presence_events: list[PresenceEvent] = field(default_factory=list)

    def sort(self) -> None:
        """Put both lists in total order."""
        self.actions.sort(key=lambda action: action.total_order)
        self.presence_events.sort(key=lambda event: event.total_order)


def record_agents(sessions: Iterable[Session], presence_events: Iterable[PresenceEvent]) -> dict[str, AgentRecord]:
    """Gather the records of all agents that either log knows, by agent id."""
    records: dict[str, AgentRecord] = {}
    for session in sessions:
        for event in session.members:
            if event.actor_type == AGENT and event.actor_id is not None:
                record = records.setdefault(event.actor_id, AgentRecord(event.actor_id))
                record.actions.append(Action(event, session))
    for presence_event in presence_events:
        record = records.setdefault(presence_event.agent_id, AgentRecord(presence_event.agent_id))
        record.presence_events.append(presence_event)
    for record in records.values():
        record.sort()
    return records
