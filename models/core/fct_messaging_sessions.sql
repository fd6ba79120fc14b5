-- Grain: one row per session.
with

sessions as (
    select * from {{ ref('int_sessions_concluded') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

final as (
    select
        sessions.session_id,
        sessions.conversation_id,
        sessions.session_number,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.contact_key,
        contexts.account_id,
        topics_still_set.topic_id,
        routings.last_team_id as routed_team_id,
        sessions.resolved_by_agent_id,
        last_resolutions.resolved_team_id,
        last_resolutions.resolved_topic_id,
        first_responses.first_response_agent_id,
        teams_then.team_id as first_response_team_id,
        sessions.opened_event_id,
        sessions.conversation_ended_event_id,
        first_responses.first_response_event_id,
        sessions.status,
        sessions.origin,
        judged.agent_type,
        sessions.ended_by_type,
        {{ sentiment_label('judged.emoji_sentiment_score') }} as emoji_sentiment_label,
        sessions.started_at,
        {{ local_date('sessions.started_at') }} as started_date,
        sessions.last_activity_at,
        first_responses.first_response_started_at,
        first_responses.first_responded_at,
        {{ local_date('first_responses.first_responded_at') }} as first_responded_date,
        case when sessions.status = 'waiting' then sessions.unattended_since_at end as waiting_since_at,
        sessions.first_resolved_at,
        {{ local_date('sessions.first_resolved_at') }} as first_resolved_date,
        sessions.last_resolved_at,
        {{ local_date('sessions.last_resolved_at') }} as last_resolved_date,
        sessions.closed_at,
        {{ local_date('sessions.closed_at') }} as closed_date,
        sessions.ended_at,
        {{ local_date('sessions.ended_at') }} as ended_date,
        sessions.event_count,
        judged.agent_message_count,
        judged.bot_message_count,
        judged.end_user_message_count,
        judged.scored_message_count,
        {{ if_recorded('resolutions', 'sessions.cycle_count', 'bigint') }} as cycle_count,
        durations.* exclude (session_id, has_clock_anomaly),
        {{ seconds_between('sessions.started_at', 'handled.last_handled_at') }} as served_seconds,
        {{ seconds_if_recorded('focus', 'coalesce(handled.handle_seconds, 0)') }} as handle_seconds,
        {{ seconds_if_recorded('focus', 'coalesce(handled.viewing_seconds, 0)') }} as viewing_seconds,
        {{ seconds_if_recorded('focus', 'coalesce(handled.attended_seconds, 0)') }} as attended_seconds,
        judged.emoji_sentiment_score,
        judged.emoji_sentiment_shift,
        {{ if_recorded('origins', "coalesce(sessions.origin = 'inbound', false)", 'boolean') }} as is_inbound,
        sessions.ended_at is not null as is_ended,
        sessions.status not in ('ended', 'inactive') as is_open,
        judged.is_closed,
        {{ if_recorded(
            'focus', 'judged.is_closed and coalesce(handled.last_handled_at >= sessions.started_at, false)', 'boolean'
        ) }} as is_closed_handled,
        judged.is_closed_conversation,
        judged.is_bot_resolved,
        judged.is_handed_off,
        {{ if_recorded('transfers', 'sessions.is_transferred', 'boolean') }} as is_transferred,
        {{ if_recorded('resolutions', 'sessions.cycle_count > 1', 'boolean') }} as is_reopened,
        judged.is_abandoned,
        {{ if_recorded(
            'origins', if_recorded('people', 'repeat_contacts.session_id is not null', 'boolean'), 'boolean'
        ) }} as is_repeat_contact,
        judged.are_messages_recorded,
        judged.is_agent_type_reported,
        contexts.is_test_channel,
        durations.has_clock_anomaly
    from sessions
    inner join contexts using (session_id)
    inner join {{ ref('int_sessions_judged') }} as judged using (session_id)
    left join {{ ref('int_session_durations_measured') }} as durations using (session_id)
    left join {{ ref('int_first_responses') }} as first_responses using (session_id)
    left join {{ ref('int_session_routings') }} as routings using (session_id)
    left join {{ ref('int_session_topics_standing') }} as topics_still_set using (session_id)
    left join {{ ref('int_session_last_resolutions') }} as last_resolutions using (session_id)
    left join {{ ref('int_sessions_repeat_contacts') }} as repeat_contacts using (session_id)
    left join {{ ref('int_sessions_handled') }} as handled using (session_id)
    {{ join_team_of('first_responses.first_response_agent_id', 'first_responses.first_responded_at') }}
)

select * from final
order by started_at
