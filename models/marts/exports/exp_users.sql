-- Grain: one row per agent.
with

agents as (
    select * from {{ ref('dim_agents') }}
),

memberships as (
    select * from {{ ref('dim_team_memberships') }}
    where is_current
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        agents.agent_id,
        agents.agent_name,
        agents.email,
        memberships.team_id,
        teams.team_name,
        memberships.valid_from as team_member_since,
        agents.is_active,
        agents.is_inferred
    from agents
    left join memberships using (agent_id)
    left join teams using (team_id)
)

select * from final
