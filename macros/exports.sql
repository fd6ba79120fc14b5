{#
    The three exports of sessions: `resolved`, `open` and `unresolved`. They have the same columns, and every session
    outside test channels stands in exactly one of them.
#}
{% macro exported_sessions(state) %}
with

sessions as (
    select
        *,
        case
            when not is_ended and status != 'inactive' then 'open'
            when first_resolved_at is not null then 'resolved'
            else 'unresolved'
        end as exported_as
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

last_resolutions as (
    select * from {{ ref('fct_resolutions') }}
    where is_resolved
    qualify row_number() over (partition by session_id order by cycle_number desc) = 1
),

channels as (
    select * from {{ ref('dim_channels') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

topics as (
    select * from {{ ref('dim_topics') }}
),

agents as (
    select * from {{ ref('dim_agents') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        sessions.session_id,
        sessions.conversation_id,
        sessions.session_number,
        sessions.channel_id,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type,
        sessions.messaging_user_id,
        sessions.contact_key,
        sessions.account_id,
        accounts.account_name,
        sessions.topic_id,
        topics.topic_name,
        sessions.status,
        sessions.origin,
        sessions.agent_type,
        sessions.ended_by_type,
        last_resolutions.resolved_by_type,
        sessions.resolved_by_agent_id,
        resolvers.agent_name as resolved_by_agent_name,
        last_resolutions.team_id as resolved_by_team_id,
        resolver_teams.team_name as resolved_by_team_name,
        sessions.first_response_agent_id,
        first_responders.agent_name as first_response_agent_name,
        sessions.first_response_team_id,
        first_responder_teams.team_name as first_response_team_name,
        sessions.started_at,
        sessions.started_date,
        sessions.first_response_started_at,
        sessions.first_responded_at,
        sessions.first_responded_date,
        sessions.first_resolved_at,
        sessions.last_resolved_at,
        sessions.closed_at,
        sessions.closed_date,
        sessions.ended_at,
        sessions.last_activity_at,
        sessions.agent_message_count,
        sessions.bot_message_count,
        sessions.end_user_message_count,
        sessions.cycle_count,
        sessions.first_response_seconds,
        sessions.first_resolution_seconds,
        sessions.resolution_seconds,
        sessions.duration_seconds,
        sessions.handle_seconds,
        sessions.viewing_seconds,
        sessions.is_inbound,
        sessions.is_handed_off,
        sessions.is_transferred,
        sessions.is_reopened,
        sessions.is_bot_resolved,
        sessions.is_abandoned,
        sessions.is_repeat_contact,
        sessions.has_clock_anomaly
    from sessions
    left join last_resolutions using (session_id)
    left join channels on sessions.channel_id = channels.channel_id
    left join accounts on sessions.account_id = accounts.account_id
    left join topics on sessions.topic_id = topics.topic_id
    left join agents as resolvers on sessions.resolved_by_agent_id = resolvers.agent_id
    left join teams as resolver_teams on last_resolutions.team_id = resolver_teams.team_id
    left join agents as first_responders on sessions.first_response_agent_id = first_responders.agent_id
    left join teams as first_responder_teams on sessions.first_response_team_id = first_responder_teams.team_id
    where sessions.exported_as = '{{ state }}'
)

select * from final
{% endmacro %}
