-- Grain: one row per team, and one for what waits for no team in particular.
with

teams as (
    select
        {{ id_or_none('team_id') }} as team_id,
        team_name
    from {{ ref('dim_teams') }}
    union all
    select
        {{ id_or_none('null') }} as team_id,
        null as team_name
),

build as (
    select * from {{ ref('dim_build') }}
),

sessions as {{ inlined() }} (
    select
        *,
        {{ id_or_none('routed_team_id') }} as team_id
    from {{ ref('fct_messaging_sessions') }}
    where is_open and not is_test_channel
),

waiting as (
    select
        team_id,
        count(*) as waiting_session_count,
        min(waiting_since_at) as longest_waiting_since_at
    from sessions
    where waiting_since_at is not null
    group by team_id
),

unrecorded as (
    select
        team_id,
        count(*) as unrecorded_session_count
    from sessions
    where not are_messages_recorded
    group by team_id
),

promises as (
    select
        sessions.team_id,
        count(*) filter (where outcomes.is_running and outcomes.due_at <= build.as_of + interval 15 minute)
            as sla_due_count,
        count(*) filter (where outcomes.is_overdue) as sla_overdue_count
    from {{ ref('fct_sla_outcomes') }} as outcomes
    inner join sessions using (session_id)
    cross join build
    group by sessions.team_id
),

online as (
    select
        {{ id_or_none('agents_now.team_id') }} as team_id,
        count(*) as online_agent_count,
        count(*) filter (where agents_now.is_available) as available_agent_count,
        count(*) filter (where agents_now.is_away) as away_agent_count
    from {{ ref('fct_agents_now') }} as agents_now
    where agents_now.is_online
    group by all
),

final as (
    select
        teams.team_id,
        teams.team_name,
        {{ count_in_queue('waiting.waiting_session_count', 'unrecorded.unrecorded_session_count') }}
            as waiting_session_count,
        waiting.longest_waiting_since_at,
        {{ seconds_between('waiting.longest_waiting_since_at', 'build.as_of') }} as longest_wait_seconds,
        {%- for count in ['sla_due_count', 'sla_overdue_count'] %}
        {{ count_in_queue('promises.' ~ count, 'unrecorded.unrecorded_session_count', 'resolutions') }} as {{ count }},
        {%- endfor %}
        {{ count_or_zero('unrecorded', 'unrecorded_session_count', none, 'queues', 'requests', 'assignments') }},
        {%- for count, what in {
            'online_agent_count': 'presence', 'available_agent_count': 'availability', 'away_agent_count': 'away'
        }.items() %}
        {{ if_recorded('memberships', if_recorded(what, 'coalesce(online.' ~ count ~ ', 0)', 'bigint'), 'bigint') }}
            as {{ count }},
        {%- endfor %}
        build.as_of
    from teams
    cross join build
    left join waiting using (team_id)
    left join unrecorded using (team_id)
    left join promises using (team_id)
    left join online using (team_id)
)

select * from final
