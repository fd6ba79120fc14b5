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

waiting as (
    select
        {{ id_or_none('sessions.routed_team_id') }} as team_id,
        count(*) as waiting_session_count,
        min(sessions.waiting_since_at) as longest_waiting_since_at
    from {{ ref('fct_messaging_sessions') }} as sessions
    where sessions.waiting_since_at is not null and not sessions.is_test_channel
    group by all
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
        coalesce(waiting.waiting_session_count, 0) as waiting_session_count,
        waiting.longest_waiting_since_at,
        {{ seconds_between('waiting.longest_waiting_since_at', 'build.as_of') }} as longest_wait_seconds,
        coalesce(online.online_agent_count, 0) as online_agent_count,
        coalesce(online.available_agent_count, 0) as available_agent_count,
        coalesce(online.away_agent_count, 0) as away_agent_count,
        build.as_of
    from teams
    cross join build
    left join waiting using (team_id)
    left join online using (team_id)
)

select * from final
