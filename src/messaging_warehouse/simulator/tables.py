"""The tables that a simulation hands out: their columns, in order, and what kind of value each holds."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a column holds; all of them may be null.

    Moments are milliseconds since 1970 inside, durations integer milliseconds; both are published as timestamps and
    as decimal(18,3) seconds.
    """

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DURATION = "duration"
    DAY = "day"


def _columns(text: str) -> dict[str, Kind]:
    """Read `name` (text), `name:i` integer, `:b` boolean, `:m` moment, `:s` seconds, `:d` day."""
    kinds = {"i": Kind.INTEGER, "b": Kind.BOOLEAN, "m": Kind.MOMENT, "s": Kind.DURATION, "d": Kind.DAY}
    columns = {}
    for word in text.split():
        name, _, kind = word.partition(":")
        columns[name] = kinds.get(kind, Kind.TEXT)
    return columns


RAW_TABLES: dict[str, dict[str, Kind]] = {
    "raw_conversation_events": _columns(
        "event_id event_type occurred_at:m received_at:m conversation_id channel_id messaging_user_id "
        "actor_type actor_id payload"
    ),
    "raw_presence_events": _columns("event_id agent_id status capacity:i occurred_at:m received_at:m"),
    "raw_agents": _columns("agent_id agent_name email is_active:b"),
    "raw_teams": _columns("team_id team_name"),
    "raw_team_memberships": _columns("agent_id team_id valid_from valid_to"),
    "raw_channels": _columns("channel_id channel_name channel_type platform_type business_hours_id is_test:b"),
    "raw_messaging_users": _columns(
        "messaging_user_id channel_id platform_key display_name contact_id account_id consent_status locale"
    ),
    "raw_accounts": _columns("account_id account_name"),
    "raw_topics": _columns("topic_id topic_name is_active:b"),
}

CONFIGURATION_TABLES: dict[str, dict[str, Kind]] = {
    "business_hours": _columns("business_hours_id timezone"),
    "business_hour_intervals": _columns("business_hours_id iso_weekday:i opens_at closes_at"),
    "holidays": _columns("business_hours_id holiday_date opens_at closes_at name"),
    "sla_policies": _columns(
        "policy_id policy_name metric channel_id team_id topic_id target_seconds:i clock valid_from valid_to"
    ),
}

TRUTH_TABLES: dict[str, dict[str, Kind]] = {
    "truth_sessions": _columns(
        "session_id conversation_id session_number:i channel_id messaging_user_id account_id started_at:m ended_at:m "
        "ended_by_type first_resolved_at:m last_resolved_at:m closed_at:m origin agent_type agent_message_count:i "
        "bot_message_count:i end_user_message_count:i first_response_started_at:m first_responded_at:m "
        "first_response_seconds:s first_response_agent_id first_resolution_seconds:s resolution_seconds:s "
        "resolved_by_agent_id topic_id is_bot_resolved:b handle_seconds:s viewing_seconds:s duration_seconds:s "
        "is_reopened:b is_transferred:b is_handed_off:b is_abandoned:b customer_emoji is_test:b"
    ),
    "truth_responses": _columns(
        "session_id response_number:i responder_type responder_id prompted_first_at:m prompted_last_at:m "
        "prompt_count:i responded_at:m wait_seconds:s response_seconds:s"
    ),
    "truth_resolutions": _columns(
        "session_id cycle_number:i opened_at:m resolved_at:m resolved_by_type resolved_by_agent_id team_id topic_id "
        "resolution_seconds:s"
    ),
    "truth_visits": _columns(
        "visit_id agent_id team_id conversation_id session_id started_at:m ended_at:m event_count:i message_count:i "
        "is_handled:b is_idle_capped:b idle_tail_seconds:s visit_seconds:s looked_seconds:s is_test:b"
    ),
    "truth_handling": _columns("session_id agent_id handle_seconds:s viewing_seconds:s message_count:i is_test:b"),
    "truth_work": _columns(
        "conversation_id work_id session_id agent_id team_id requested_at:m assigned_at:m accepted_at:m "
        "after_work_started_at:m closed_at:m status capacity_weight:i is_first_work:b is_closed_by_session_end:b "
        "speed_to_answer_seconds:s work_handle_seconds:s after_work_seconds:s active_seconds:s is_test:b"
    ),
    "truth_presence": _columns("agent_id status started_at:m ended_at:m capacity:i presence_event_id is_recorded:b"),
    "truth_agent_days": _columns(
        "agent_id activity_date:d online_seconds:s available_seconds:s away_seconds:s offline_seconds:s "
        "handle_seconds:s viewing_seconds:s working_seconds:s handle_working_seconds:s occupied_seconds:s "
        "open_work_seconds:s"
    ),
    "truth_csat": _columns(
        "conversation_id survey_id session_id channel_id messaging_user_id topic_id requested_at:m responded_at:m "
        "score:i scale_max:i csat_comment is_requested:b is_answered:b is_valid:b is_satisfied:b agent_id team_id "
        "is_test:b"
    ),
    "truth_promises": _columns(
        "metric session_id response_number:i conversation_id channel_id messaging_user_id team_id topic_id agent_id "
        "started_at:m stopped_at:m session_ended_at:m is_test:b"
    ),
    "truth_hostility": _columns(
        "raw_table event_id conversation_id agent_id kind rejection_reason delay_seconds:s is_event_lost:b"
    ),
}


def _record_columns(text: str) -> dict[str, Kind]:
    """Read the columns of one of the platform's objects, after those that every record has."""
    return _columns(f"Id IsDeleted:b CreatedDate:m LastModifiedDate:m SystemModstamp:m {text}")


SERVICE_CLOUD_OBJECTS: dict[str, dict[str, Kind]] = {
    "MessagingSession": _record_columns(
        "Name CreatedById OwnerId ConversationId MessagingChannelId MessagingEndUserId EndUserAccountId "
        "EndUserContactId EndUserLanguage ChannelName ChannelType Origin Status AgentType EndedByType StartTime:m "
        "AcceptTime:m EndTime:m AgentMessageCount:i EndUserMessageCount:i"
    ),
    "MessagingSessionMetrics": _record_columns(
        "Name MessagingSessionId MessagingSessionMetricType MessagingSessionMetricValue:i"
    ),
    "MessagingEndUser": _record_columns(
        "Name MessageType MessagingChannelId MessagingPlatformKey AccountId ContactId MessagingConsentStatus Language"
    ),
    "MessagingChannel": _record_columns(
        "MasterLabel DeveloperName MessageType PlatformType RoutingType BusinessHoursId IsActive:b"
    ),
    "AgentWork": _record_columns(
        "WorkItemId UserId BotId BotType OriginalGroupId Status RequestDateTime:m AssignedDateTime:m AcceptDateTime:m "
        "CloseDateTime:m CancelDateTime:m DeclineDateTime:m PushTimeoutDateTime:m DeclineReason SpeedToAnswer:i "
        "HandleTime:i ActiveTime:i AfterConversationActualTime:i CapacityModel CapacityWeight:i RoutingModel "
        "RoutingType PushTimeout:i"
    ),
    "ConversationEntry": _record_columns(
        "ConversationId ActorType ActorId ActorName EntryType EntryTime:m EntryTimeMilliSecs:i "
        "ServerReceivedTimestamp:m MessageIdentifier Message HasAttachments:b MessageStatus MessageStatusCode"
    ),
    "UserServicePresence": _record_columns(
        "UserId OwnerId ServicePresenceStatusId StatusStartDate:m StatusEndDate:m StatusDuration:i IsAway:b "
        "IsCurrentState:b ConfiguredCapacity:i"
    ),
    "ServicePresenceStatus": _record_columns("DeveloperName MasterLabel Language"),
    "User": _record_columns("Name Email UserType IsActive:b"),
    "Group": _record_columns("Name DeveloperName Type"),
    "Account": _record_columns("Name"),
    "Contact": _record_columns("Name AccountId"),
}

# Which record is which thing of the event log.
SERVICE_CLOUD_IDS: dict[str, dict[str, Kind]] = {"service_cloud_ids": _columns("object id our_id")}

ALL_TABLES = RAW_TABLES | CONFIGURATION_TABLES | TRUTH_TABLES | SERVICE_CLOUD_OBJECTS | SERVICE_CLOUD_IDS
