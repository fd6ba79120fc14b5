-- At as_of an agent is in no more than one team, and in exactly one status once the first presence event has come.
with

statuses as (
    select
        presence.agent_id,
        count(*) filter (where presence.is_current) as status_count,
        max(case when presence.is_current then presence.started_at end) as current_started_at,
        max(case when presence.started_at <= build.as_of then presence.started_at end) as latest_started_at
    from {{ ref('fct_agent_presence') }} as presence
    cross join {{ ref('dim_build') }} as build
    group by presence.agent_id
),

teams as (
    select
        memberships.agent_id,
        count(*) filter (where memberships.is_current) as team_count,
        count(*) filter (
            where
            coalesce(memberships.valid_from <= build.as_of, true) and coalesce(memberships.valid_to > build.as_of, true)
        ) as expected_count
    from {{ ref('dim_team_memberships') }} as memberships
    cross join {{ ref('dim_build') }} as build
    group by memberships.agent_id
)

select
    agent_id,
    'status' as what
from statuses
where
    status_count is distinct from case when latest_started_at is not null then 1 else 0 end
    or current_started_at is distinct from latest_started_at
union all
select
    agent_id,
    'team' as what
from teams
where team_count > 1 or team_count is distinct from expected_count
