-- Grain: one row per presence interval; where an online status has gone stale, the rest of it is one of its own.
with

presence as (
    select * from {{ ref('fct_agent_presence') }}
),

agents as (
    select * from {{ ref('dim_agents') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        presence.presence_event_id,
        presence.agent_id,
        agents.agent_name,
        presence.team_id,
        teams.team_name,
        presence.status,
        presence.started_at,
        {{ local_date('presence.started_at') }} as started_date,
        presence.ended_at,
        {{ local_date('presence.ended_at') }} as ended_date,
        presence.capacity,
        presence.presence_seconds,
        presence.is_online,
        presence.is_available,
        presence.is_away,
        presence.is_unknown,
        presence.is_current
    from presence
    left join agents using (agent_id)
    left join teams using (team_id)
)

select * from final
