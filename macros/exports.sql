{#
    The three exports of sessions: `resolved`, `open` and `unresolved`. They have the same columns, and every session
    outside test channels stands in exactly one of them. Where resolutions are not recorded what has ended stands among the
    `unresolved`, and `is_resolved` is null: nobody knows.

    Each fact is read where it is used: of a relation that the engine keeps because two read it, it would read all, also where
    few sessions are asked for.
#}
{% macro exported_sessions(state) %}
with

sessions as (
    select
        *,
        case
            when is_open then 'open'
            when first_resolved_at is not null then 'resolved'
            else 'unresolved'
        end as exported_as
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

sla_statuses as (
    select
        session_id,
        max(case when metric = 'first_response' then sla_status end) as first_response_sla_status,
        max(case when metric = 'resolution' then sla_status end) as resolution_sla_status
    from {{ ref('fct_sla_outcomes') }}
    where response_number is null
    group by session_id
),

surveys_counted as (
    select
        session_id,
        {{- metrics([
            'requested_survey_count', 'answered_survey_count', 'valid_survey_count', 'satisfied_survey_count'
        ]) }}
    from {{ ref('fct_csat_responses') }}
    group by session_id
),

last_answers as (
    select * from {{ ref('fct_csat_responses') }}
    where is_answered
    qualify row_number() over (partition by session_id order by responded_at desc, survey_id asc) = 1
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
        sessions.routed_team_id,
        routed_teams.team_name as routed_team_name,
        last_answers.agent_id as csat_agent_id,
        csat_agents.agent_name as csat_agent_name,
        last_answers.team_id as csat_team_id,
        csat_teams.team_name as csat_team_name,
        sla_statuses.first_response_sla_status,
        sla_statuses.resolution_sla_status,
        sessions.emoji_sentiment_label,
        sessions.started_at,
        sessions.started_date,
        sessions.first_response_started_at,
        sessions.first_responded_at,
        sessions.first_responded_date,
        sessions.first_resolved_at,
        sessions.first_resolved_date,
        sessions.last_resolved_at,
        sessions.last_resolved_date,
        sessions.closed_at,
        sessions.closed_date,
        sessions.ended_at,
        sessions.ended_date,
        sessions.last_activity_at,
        sessions.waiting_since_at,
        sessions.agent_message_count,
        sessions.bot_message_count,
        sessions.end_user_message_count,
        sessions.cycle_count,
        sessions.first_response_seconds,
        sessions.first_response_business_seconds,
        sessions.first_resolution_seconds,
        sessions.first_resolution_business_seconds,
        sessions.resolution_seconds,
        sessions.resolution_business_seconds,
        sessions.duration_seconds,
        sessions.handle_seconds,
        sessions.viewing_seconds,
        {{- counts_or_zero('surveys_counted', [
            'requested_survey_count', 'answered_survey_count', 'valid_survey_count', 'satisfied_survey_count'
        ]) }},
        last_answers.score as csat_score,
        last_answers.scale_max as csat_scale_max,
        sessions.emoji_sentiment_score,
        sessions.emoji_sentiment_shift,
        sessions.is_inbound,
        sessions.is_handed_off,
        sessions.is_transferred,
        sessions.is_reopened,
        sessions.is_bot_resolved,
        sessions.is_abandoned,
        sessions.is_repeat_contact,
        sessions.has_clock_anomaly,
        sessions.are_messages_recorded,
        sessions.is_agent_type_reported,
        {{ if_recorded('resolutions', 'sessions.first_resolved_at is not null', 'boolean') }} as is_resolved
    from sessions
    left join last_resolutions using (session_id)
    left join sla_statuses using (session_id)
    left join surveys_counted using (session_id)
    left join last_answers using (session_id)
    left join channels on sessions.channel_id = channels.channel_id
    left join accounts on sessions.account_id = accounts.account_id
    left join topics on sessions.topic_id = topics.topic_id
    left join agents as resolvers on sessions.resolved_by_agent_id = resolvers.agent_id
    left join teams as resolver_teams on last_resolutions.team_id = resolver_teams.team_id
    left join agents as first_responders on sessions.first_response_agent_id = first_responders.agent_id
    left join teams as first_responder_teams on sessions.first_response_team_id = first_responder_teams.team_id
    left join teams as routed_teams on sessions.routed_team_id = routed_teams.team_id
    left join agents as csat_agents on last_answers.agent_id = csat_agents.agent_id
    left join teams as csat_teams on last_answers.team_id = csat_teams.team_id
    where sessions.exported_as = '{{ state }}'
)

select * from final
{% endmacro %}
