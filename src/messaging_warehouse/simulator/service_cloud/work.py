"""Records of agents' work, bots' work, and of who was there for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from messaging_warehouse.simulator.clock import SECOND
from messaging_warehouse.simulator.distributions import PUSH_TIMEOUT
from messaging_warehouse.simulator.service_cloud.ids import RecordIds
from messaging_warehouse.simulator.service_cloud.reference import AUTOMATED_PROCESS
from messaging_warehouse.simulator.service_cloud.source import Record, Source, seconds, stamps
from messaging_warehouse.simulator.tables import SERVICE_CLOUD_OBJECTS
from messaging_warehouse.simulator.vocabulary import BOT

_STATUSES = {
    "assigned": "Assigned",
    "opened": "Opened",
    "closed": "Closed",
    "transferred": "Transferred",
    "declined": "Declined",
    "declined_on_push_timeout": "DeclinedOnPushTimeout",
    "canceled": "Canceled",
}
_OFFERS_TAKEN_BACK = ("work_canceled", "work_declined", "work_push_timed_out")


def works(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield AgentWork: work that was ever offered to an agent, then that of bots, one for each session with any.

    Work whose session is over, and which its agent forgot to close, is open: nobody told the platform.
    """
    yield from _works_of_agents(source, ids)
    yield from _works_of_bots(source, ids)


def _works_of_agents(source: Source, ids: RecordIds) -> Iterator[Record]:
    taken_back = {
        (event["event_type"], event["conversation_id"], event["work_id"]): event
        for event in source.events(*_OFFERS_TAKEN_BACK)
    }
    for work in source.works:
        if work["assigned_at"] is None:
            continue
        our_id = f"{work['conversation_id']}/{work['work_id']}"
        ids.tell("AgentWork", [our_id])
        is_forgotten = work["is_closed_by_session_end"]
        closed_at = None if is_forgotten else work["closed_at"]
        canceled, declined, timed_out = (
            taken_back.get((event_type, work["conversation_id"], work["work_id"]), {})
            for event_type in _OFFERS_TAKEN_BACK
        )
        times = {
            "RequestDateTime": work["requested_at"],
            "AssignedDateTime": work["assigned_at"],
            "AcceptDateTime": work["accepted_at"],
            "CloseDateTime": closed_at,
            "CancelDateTime": canceled.get("occurred_at"),
            "DeclineDateTime": declined.get("occurred_at"),
            "PushTimeoutDateTime": timed_out.get("occurred_at"),
        }
        yield {
            "Id": ids.of("AgentWork", our_id),
            "WorkItemId": ids.of("MessagingSession", work["session_id"]),
            "UserId": ids.of("User", work["agent_id"]),
            "BotId": None,
            "BotType": None,
            "OriginalGroupId": ids.of("Group", work["team_id"]),
            "Status": "Opened" if is_forgotten else _STATUSES[work["status"]],
            **times,
            "DeclineReason": declined.get("reason"),
            "SpeedToAnswer": seconds(work["speed_to_answer_seconds"]),
            "HandleTime": None if is_forgotten else seconds(work["work_handle_seconds"]),
            "ActiveTime": None if is_forgotten else seconds(work["active_seconds"]),
            "AfterConversationActualTime": None if is_forgotten else seconds(work["after_work_seconds"]),
            "CapacityModel": "TabBased",
            "CapacityWeight": work["capacity_weight"],
            "RoutingModel": "LeastActive",
            "RoutingType": "QueueBased",
            "PushTimeout": PUSH_TIMEOUT // SECOND,
            **stamps(work["assigned_at"], *times.values()),
        }


def _works_of_bots(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield what the platform keeps of bots: from a session's first message of a bot to the hand-off, or the end."""
    first_messages: dict[str, Record] = {}
    handed_off_at: dict[str, int] = {}
    for event in source.events("message_sent", "bot_handoff"):
        if event["actor_type"] == BOT and event["event_type"] == "message_sent":
            first_messages.setdefault(event["session_id"], event)
        elif event["event_type"] == "bot_handoff":
            handed_off_at[event["session_id"]] = event["occurred_at"]
    for session in source.sessions:
        message = first_messages.get(session["session_id"])
        if message is None:
            continue
        our_id = f"{session['session_id']}/{message['actor_id']}"
        ids.tell("AgentWork", [our_id])
        at, closed_at = message["occurred_at"], handed_off_at.get(session["session_id"], session["ended_at"])
        if closed_at is not None:
            closed_at = max(at, closed_at)
        yield {
            **dict.fromkeys(SERVICE_CLOUD_OBJECTS["AgentWork"]),
            "Id": ids.of("AgentWork", our_id),
            "WorkItemId": ids.of("MessagingSession", session["session_id"]),
            "UserId": AUTOMATED_PROCESS,
            "BotId": ids.of("BotDefinition", message["actor_id"]),
            "BotType": "Bot",
            "Status": "Opened" if closed_at is None else "Closed",
            "RequestDateTime": session["started_at"],
            "AssignedDateTime": at,
            "AcceptDateTime": at,
            "CloseDateTime": closed_at,
            **stamps(at, closed_at),
        }


def presences(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield UserServicePresence: one for each status that an agent was recorded to have, until the next one recorded.

    Being offline is to have none. Who logged out without the platform's knowledge has the last status still.
    """
    recorded: dict[str, list[Record]] = {agent.agent_id: [] for agent in source.centre.agents}
    for event in sorted(source.records("raw_presence_events"), key=lambda event: event["occurred_at"]):
        recorded[event["agent_id"]].append(event)
    for agent_id, events in recorded.items():
        for event, next_event in zip_longest(events, events[1:]):
            if event["status"] == "offline":
                continue
            ids.tell("UserServicePresence", [event["event_id"]])
            started_at, ended_at = event["occurred_at"], None if next_event is None else next_event["occurred_at"]
            yield {
                "Id": ids.of("UserServicePresence", event["event_id"]),
                "UserId": ids.of("User", agent_id),
                "OwnerId": ids.of("User", agent_id),
                "ServicePresenceStatusId": ids.of("ServicePresenceStatus", event["status"]),
                "StatusStartDate": started_at,
                "StatusEndDate": ended_at,
                "StatusDuration": None if ended_at is None else seconds(ended_at - started_at),
                "IsAway": event["status"] == "away",
                "IsCurrentState": ended_at is None,
                "ConfiguredCapacity": event["capacity"],
                **stamps(started_at, ended_at),
            }
