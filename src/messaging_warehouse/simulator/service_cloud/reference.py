"""Records of who and what there is: channels, people, queues, accounts; and the configuration that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from messaging_warehouse.simulator.service_cloud.ids import RecordIds, record_id
from messaging_warehouse.simulator.service_cloud.source import Record, Source, stamps
from messaging_warehouse.simulator.tables import CONFIGURATION_TABLES
from messaging_warehouse.simulator.truth import Row

# The user under whose name the platform does what nobody did; no agent.
AUTOMATED_PROCESS = record_id("User", 0)
MESSAGE_TYPES = {
    "apple_messages": "AppleBusinessChat",
    "facebook_messenger": "Facebook",
    "in_app": "EmbeddedMessaging",
    "line": "Line",
    "sms": "Text",
    "web_chat": "WebChat",
    "whatsapp": "WhatsApp",
}
CUSTOM = "Custom"
# Of who has yet to answer the question for consent, the platform keeps no status.
_CONSENT_STATUSES = {
    "implicit": "ImplicitlyOptedIn",
    "opted_in": "ExplicitlyOptedIn",
    "opted_out": "OptedOut",
}
PRESENCE_STATUSES = {"available": "Available", "busy": "Busy", "away": "Away"}
_TRANSLATED = {
    "business_hours_id": "BusinessHours",
    "channel_id": "MessagingChannel",
    "team_id": "Group",
}


def tell_reference(source: Source, ids: RecordIds) -> None:
    """Give ids to everybody and everything, in the order of the raw contract's tables."""
    ids.tell("User", (agent.agent_id for agent in source.centre.agents))
    ids.tell("Group", (team.team_id for team in source.centre.teams))
    ids.tell("BusinessHours", (schedule.business_hours_id for schedule in source.centre.schedules))
    ids.tell("MessagingChannel", source.channels)
    ids.tell("BotDefinition", source.bot_ids)
    ids.tell("ServicePresenceStatus", PRESENCE_STATUSES)
    ids.tell("Account", (account.account_id for account in source.centre.accounts))
    ids.tell("Contact", (user["contact_id"] for user in source.users.values()))
    ids.tell("MessagingEndUser", source.users)


def channels(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield MessagingChannel; a channel for tests is told by its name alone."""
    for channel in source.channels.values():
        yield {
            "Id": ids.of("MessagingChannel", channel.channel_id),
            "MasterLabel": channel.channel_name,
            "DeveloperName": developer_name(channel.channel_id),
            "MessageType": MESSAGE_TYPES.get(channel.channel_type, CUSTOM),
            "PlatformType": channel.platform_type.capitalize(),
            "RoutingType": "OmniQueue",
            "BusinessHoursId": ids.of("BusinessHours", channel.business_hours_id),
            "IsActive": True,
            **stamps(source.began_at),
        }


def users(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield User: the agents, and the one who is nobody."""
    yield {
        "Id": AUTOMATED_PROCESS,
        "Name": "Automated Process",
        "Email": None,
        "UserType": "AutomatedProcess",
        "IsActive": True,
        **stamps(source.began_at),
    }
    for agent in source.centre.agents:
        yield {
            "Id": ids.of("User", agent.agent_id),
            "Name": agent.agent_name,
            "Email": agent.email,
            "UserType": "Standard",
            "IsActive": True,
            **stamps(source.began_at),
        }


def groups(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield Group: the teams' queues."""
    for team in source.centre.teams:
        yield {
            "Id": ids.of("Group", team.team_id),
            "Name": team.team_name,
            "DeveloperName": developer_name(team.team_id),
            "Type": "Queue",
            **stamps(source.began_at),
        }


def presence_statuses(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield ServicePresenceStatus; being offline is to have no status."""
    for status, name in PRESENCE_STATUSES.items():
        yield {
            "Id": ids.of("ServicePresenceStatus", status),
            "DeveloperName": name,
            "MasterLabel": name,
            "Language": "en_US",
            **stamps(source.began_at),
        }


def accounts(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield Account."""
    for account in source.centre.accounts:
        yield {"Id": ids.of("Account", account.account_id), "Name": account.account_name, **stamps(source.began_at)}


def contacts(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield Contact: one person, of whom there may be several addresses; known since the first session."""
    first_seen = _first_seen(source)
    addresses: dict[str, list[Record]] = {}
    for user in source.users.values():
        if user["contact_id"] is not None:
            addresses.setdefault(user["contact_id"], []).append(user)
    for contact_id, of_contact in addresses.items():
        account_ids = (user["account_id"] for user in of_contact if user["account_id"] is not None)
        yield {
            "Id": ids.of("Contact", contact_id),
            "Name": of_contact[0]["display_name"],
            "AccountId": ids.of("Account", next(account_ids, None)),
            **stamps(min(first_seen.get(user["messaging_user_id"], source.began_at) for user in of_contact)),
        }


def end_users(source: Source, ids: RecordIds) -> Iterator[Record]:
    """Yield MessagingEndUser."""
    first_seen = _first_seen(source)
    for messaging_user_id, user in source.users.items():
        channel = source.channels[user["channel_id"]]
        yield {
            "Id": ids.of("MessagingEndUser", messaging_user_id),
            "Name": user["display_name"],
            "MessageType": MESSAGE_TYPES.get(channel.channel_type, CUSTOM),
            "MessagingChannelId": ids.of("MessagingChannel", user["channel_id"]),
            "MessagingPlatformKey": user["platform_key"],
            "AccountId": ids.of("Account", user["account_id"]),
            "ContactId": ids.of("Contact", user["contact_id"]),
            "MessagingConsentStatus": _CONSENT_STATUSES.get(user["consent_status"]),
            "Language": language(user),
            **stamps(first_seen.get(messaging_user_id, source.began_at)),
        }


def configuration(source: Source, ids: RecordIds) -> dict[str, Sequence[Row]]:
    """Return the configuration's rows by table, by the ids of the records.

    The objects hold no topics: a policy for one topic would be a policy for nothing, and is left out.
    """
    tables: dict[str, Sequence[Row]] = {}
    for table, columns in CONFIGURATION_TABLES.items():
        tables[table] = [
            tuple(ids.of(_TRANSLATED[name], record[name]) if name in _TRANSLATED else record[name] for name in columns)
            for record in source.records(table)
            if record.get("topic_id") is None
        ]
    return tables


def developer_name(our_id: str) -> str:
    """Return a name as the platform's programmers may give it: letters, digits and underscores."""
    return re.sub(r"\W", "_", our_id)


def language(user: Record) -> str | None:
    """Return a locale with the underscore that the platform writes."""
    return None if user["locale"] is None else str(user["locale"]).replace("-", "_")


def _first_seen(source: Source) -> dict[str, int]:
    """Return when each messaging user had the first session."""
    first: dict[str, int] = {}
    for session in source.sessions:
        user_id, at = session["messaging_user_id"], session["started_at"]
        first[user_id] = min(first.get(user_id, at), at)
    return first
