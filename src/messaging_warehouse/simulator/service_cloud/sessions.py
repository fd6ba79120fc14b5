"""Records of sessions, and of what the platform measured in them: its own figures, from what people remember."""

from __future__ import annotations

from collections.abc import Iterator

from messaging_warehouse.simulator.service_cloud.ids import RecordIds
from messaging_warehouse.simulator.service_cloud.reference import AUTOMATED_PROCESS, MESSAGE_TYPES, language
from messaging_warehouse.simulator.service_cloud.source import Record, Source, mean_seconds, seconds, stamps
from messaging_warehouse.simulator.vocabulary import AGENT, AGENT_INITIATED, BOT, END_USER, INBOUND, TRIGGERED_OUTBOUND

_ORIGINS = {
    INBOUND: "InboundInitiated",
    AGENT_INITIATED: "AgentInitiated",
    TRIGGERED_OUTBOUND: "TriggeredOutbound",
}
_AGENT_TYPES = {AGENT: "Agent", BOT: "Bot", "bot_to_agent": "BotToAgent", "system": "System"}
_ENDED_BY_TYPES = {AGENT: "Agent", BOT: "Bot", END_USER: "EndUser", "system": "System"}


def sessions(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield MessagingSession."""
    owners, starters, accepts = _owners(source, ids), _starters(source, ids), _first_accepts(source)
    resolved, waiting = _resolved(source), _waiting(source)
    for number, session in enumerate(source.sessions, start=1):
        session_id, is_enhanced = session["session_id"], source.is_enhanced(session["channel_id"])
        channel, user = source.channels[session["channel_id"]], source.users[session["messaging_user_id"]]
        origin = _ORIGINS[session["origin"]]
        yield {
            "Id": ids.of("MessagingSession", session_id),
            "Name": f"{number:08d}",
            "CreatedById": starters.get(session_id, AUTOMATED_PROCESS)
            if origin == "AgentInitiated"
            else AUTOMATED_PROCESS,
            "OwnerId": owners.get(session_id, AUTOMATED_PROCESS),
            "ConversationId": ids.of("Conversation", session["conversation_id"]),
            "MessagingChannelId": ids.of("MessagingChannel", session["channel_id"]),
            "MessagingEndUserId": ids.of("MessagingEndUser", session["messaging_user_id"]),
            "EndUserAccountId": ids.of("Account", session["account_id"]),
            "EndUserContactId": ids.of("Contact", user["contact_id"]),
            "EndUserLanguage": language(user),
            "ChannelName": channel.channel_name,
            "ChannelType": MESSAGE_TYPES.get(channel.channel_type),
            "Origin": origin,
            "Status": _status(session, is_enhanced, session_id in resolved, session_id in waiting),
            "AgentType": _AGENT_TYPES[session["agent_type"]],
            "EndedByType": _ENDED_BY_TYPES.get(session["ended_by_type"]) if is_enhanced else None,
            "StartTime": session["started_at"],
            "AcceptTime": accepts.get(session_id),
            "EndTime": session["ended_at"],
            "AgentMessageCount": session["agent_message_count"],
            "EndUserMessageCount": session["end_user_message_count"],
            **stamps(session["started_at"], accepts.get(session_id), session["last_resolved_at"], session["ended_at"]),
        }


def metrics(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield MessagingSessionMetrics: up to six for each enhanced session that is over; what has no value has no row."""
    waits: dict[tuple[str, str], list[int]] = {}
    for response in source.records("truth_responses"):
        if response["response_seconds"] is not None:
            key = (response["session_id"], response["responder_type"])
            waits.setdefault(key, []).append(response["response_seconds"])
    number = 0
    for session in source.sessions:
        if session["ended_at"] is None or not source.is_enhanced(session["channel_id"]):
            continue
        by_agents = waits.get((session["session_id"], AGENT), [])
        by_customer = waits.get((session["session_id"], END_USER), [])
        values = {
            "AgentMessageCount": session["agent_message_count"],
            "EndUserMessageCount": session["end_user_message_count"],
            "AverageAgentResponseTime": mean_seconds(by_agents),
            "MaxAgentResponseTime": seconds(max(by_agents, default=None)),
            "AverageEndUserResponseTime": mean_seconds(by_customer),
            "MaxEndUserResponseTime": seconds(max(by_customer, default=None)),
        }
        for metric_type, value in values.items():
            if value is not None:
                number += 1
                our_id = f"{session['session_id']}/{metric_type}"
                ids.tell("MessagingSessionMetrics", [our_id])
                yield {
                    "Id": ids.of("MessagingSessionMetrics", our_id),
                    "Name": f"{number:08d}",
                    "MessagingSessionId": ids.of("MessagingSession", session["session_id"]),
                    "MessagingSessionMetricType": metric_type,
                    "MessagingSessionMetricValue": value,
                    **stamps(session["ended_at"]),
                }


def _status(session: Record, is_enhanced: bool, is_resolved: bool, is_waiting: bool) -> str:
    """Return what the platform shows; only sessions of enhanced channels can be inactive."""
    if session["ended_at"] is not None:
        return "Ended"
    if is_waiting:
        return "Waiting"
    return "Inactive" if is_resolved and is_enhanced else "Active"


def _owners(source: Source, ids: RecordIds) -> dict[str, str | None]:
    """Return whose each session is.

    The agent's who accepted work on it last; else the agent's who was the last to do something in it, whose work began
    in the session before; else the queue's that it was last sent to.
    """
    owners = {work["session_id"]: ids.of("Group", work["team_id"]) for work in source.works}
    for event in source.events("message_sent", "conversation_reopened", "conversation_ended"):
        if event["actor_type"] == AGENT:
            owners[event["session_id"]] = ids.of("User", event["actor_id"])
    accepted = (work for work in source.works if work["accepted_at"] is not None)
    for work in sorted(accepted, key=lambda work: work["accepted_at"]):
        owners[work["session_id"]] = ids.of("User", work["agent_id"])
    return owners


def _starters(source: Source, ids: RecordIds) -> dict[str, str | None]:
    """Return which agent was the first to do something in a session."""
    starters: dict[str, str | None] = {}
    for event in source.events("conversation_started", "conversation_reopened", "message_sent"):
        if event["actor_type"] == AGENT:
            starters.setdefault(event["session_id"], ids.of("User", event["actor_id"]))
    return starters


def _first_accepts(source: Source) -> dict[str, int]:
    """Return when an agent first accepted work on each session."""
    accepts: dict[str, int] = {}
    for work in source.works:
        session_id, at = work["session_id"], work["accepted_at"]
        if at is not None:
            accepts[session_id] = min(accepts.get(session_id, at), at)
    return accepts


def _resolved(source: Source) -> set[str]:
    """Return the sessions whose last cycle is resolved."""
    last = {cycle["session_id"]: cycle["resolved_at"] for cycle in source.records("truth_resolutions")}
    return {session_id for session_id, resolved_at in last.items() if resolved_at is not None}


def _waiting(source: Source) -> set[str]:
    """Return the sessions with work that nobody has accepted yet."""
    return {work["session_id"] for work in source.works if work["status"] in ("requested", "assigned")}
