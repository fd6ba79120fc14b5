-- Grain: one row per agent who is online at as_of, with the figures of the twelve hours before.
with

{{ trailing_hours(ref('dim_build')) }},

online as (
    select * from {{ ref('fct_agents_now') }}
    where is_online
),

time_spent as (
    select
        agent_id,
        {{- metrics([
            'online_seconds', 'available_seconds', 'availability_rate', 'away_seconds', 'unknown_seconds',
            'working_seconds', 'handle_working_seconds', 'utilisation_rate'
        ]) }}
    from {{ ref('fct_agent_trailing_hours') }}
    group by agent_id
),

handling as (
    select
        agent_id,
        {{- metrics([
            'handled_session_count', 'handle_seconds', 'average_handle_seconds', 'p50_handle_seconds',
            'p90_handle_seconds', 'p95_handle_seconds'
        ]) }}
    from {{ ref('fct_agent_session_trailing_hours') }}
    where not is_test_channel
    group by agent_id
),

resolutions as (
    select
        resolutions.resolved_by_agent_id as agent_id,
        {{- metrics(['resolved_session_count']) }}
    from {{ ref('fct_resolutions') }} as resolutions
    cross join last_hours
    where not resolutions.is_test_channel and {{ is_trailing('resolutions.resolved_at') }}
    group by resolutions.resolved_by_agent_id
),

satisfaction as (
    select
        surveys.agent_id,
        {{- metrics(['valid_survey_count', 'satisfied_survey_count', 'csat_rate']) }}
    from {{ ref('fct_csat_responses') }} as surveys
    cross join last_hours
    where not surveys.is_test_channel and {{ is_trailing('surveys.responded_at') }}
    group by surveys.agent_id
),

final as (
    select
        online.agent_id,
        agents.agent_name,
        online.team_id,
        teams.team_name,
        online.status,
        online.status_since_at,
        online.is_available,
        online.is_away,
        online.capacity,
        online.open_work_count,
        online.open_work_weight,
        online.owned_session_count,
        online.waiting_session_count,
        online.unrecorded_session_count,
        online.conversation_id as focus_conversation_id,
        online.session_id as focus_session_id,
        online.focus_since_at,
        time_spent.* exclude (agent_id),
        {{ count_or_zero('handling', 'handled_session_count') }},
        {{ count_or_zero('handling', 'handle_seconds') }},
        handling.* exclude (agent_id, handled_session_count, handle_seconds),
        {{ count_or_zero('resolutions', 'resolved_session_count') }},
        {{ count_or_zero('satisfaction', 'valid_survey_count') }},
        {{ count_or_zero('satisfaction', 'satisfied_survey_count') }},
        satisfaction.csat_rate,
        last_hours.trailing_started_at,
        last_hours.trailing_ended_at as as_of
    from online
    cross join last_hours
    left join {{ ref('dim_agents') }} as agents using (agent_id)
    left join {{ ref('dim_teams') }} as teams on online.team_id = teams.team_id
    left join time_spent using (agent_id)
    left join handling using (agent_id)
    left join resolutions using (agent_id)
    left join satisfaction using (agent_id)
)

select * from final
