"""Records of what was said, of which the platform keeps those of standard channels only."""

from __future__ import annotations

from collections.abc import Iterator

from messaging_warehouse.simulator.clock import SECOND
from messaging_warehouse.simulator.service_cloud.ids import RecordIds
from messaging_warehouse.simulator.service_cloud.source import Record, Source, stamps
from messaging_warehouse.simulator.vocabulary import AGENT, BOT, END_USER, SYSTEM

_ACTOR_TYPES = {AGENT: "Agent", BOT: "Bot", END_USER: "EndUser", SYSTEM: "System"}
_SENT = "Sent"
# The last of them counts.
_RECEIPTS = {"message_failed": "Error", "message_delivered": "Delivered", "message_read": "Read"}


def entries(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield ConversationEntry, in the order in which the server received them.

    A customer's message that was lost on its way is an entry without words: nobody ever saw it.
    """
    fates = _fates(source)
    names = {agent.agent_id: agent.agent_name for agent in source.centre.agents}
    received_at = 0
    for event in _events(source):
        ids.tell("ConversationEntry", [event["event_id"]])
        occurred_at = event["occurred_at"]
        received_at = max(occurred_at, received_at + 1)
        is_text = event["event_type"] != "bot_handoff"
        status, code = fates.get(_message(event), (_SENT, None)) if is_text else (None, None)
        yield {
            "Id": ids.of("ConversationEntry", event["event_id"]),
            "ConversationId": ids.of("MessagingSession", event["session_id"]),
            **_actor(event, source, ids, names),
            "EntryType": "Text" if is_text else "BotEscalated",
            "EntryTime": occurred_at - occurred_at % SECOND,
            "EntryTimeMilliSecs": occurred_at % SECOND,
            "ServerReceivedTimestamp": received_at,
            "MessageIdentifier": event.get("message_id"),
            "Message": event.get("text"),
            "HasAttachments": event.get("has_attachments", False),
            "MessageStatus": status,
            "MessageStatusCode": code if status == "Error" else None,
            **stamps(received_at),
        }


def _events(source: Source) -> list[Record]:
    """Return what becomes an entry: messages, hand-offs, and failures of messages that nobody saw."""
    events = [
        event
        for event in source.events("message_sent", "message_failed", "bot_handoff", of_standard_channels=True)
        if event["session_id"] is not None
    ]
    seen = {_message(event) for event in events if event["event_type"] == "message_sent"}
    return [event for event in events if event["event_type"] != "message_failed" or _message(event) not in seen]


def _fates(source: Source) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Return what became of each message of which more is known than that it was sent, and why it failed."""
    fates: dict[tuple[str, str], tuple[str, str | None]] = {}
    for event_type, status in _RECEIPTS.items():
        for event in source.events(event_type, of_standard_channels=True):
            fates[_message(event)] = (status, event.get("status_code"))
    return fates


def _actor(event: Record, source: Source, ids: RecordIds, names: dict[str, str]) -> Record:
    """Return who wrote; a message that nobody saw was a customer's."""
    actor_type, actor_id = event["actor_type"], event["actor_id"]
    if event["event_type"] == "message_failed":
        actor_type = END_USER
    record_id, name = None, None
    if actor_type == AGENT:
        record_id, name = ids.of("User", actor_id), names[actor_id]
    elif actor_type == BOT:
        record_id, name = ids.of("BotDefinition", actor_id), actor_id
    elif actor_type == END_USER:
        user_id = event["messaging_user_id"]
        record_id, name = ids.of("MessagingEndUser", user_id), source.users[user_id]["display_name"]
    return {"ActorType": _ACTOR_TYPES[actor_type], "ActorId": record_id, "ActorName": name}


def _message(event: Record) -> tuple[str, str]:
    return event["conversation_id"], event["message_id"]
