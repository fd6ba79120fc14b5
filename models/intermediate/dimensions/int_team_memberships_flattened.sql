-- Grain: one row per agent and stretch of time in one team; stretches of an agent never overlap.
with

memberships as (
    select
        agent_id,
        team_id,
        coalesce(valid_from, timestamp '0001-01-01') as valid_from,
        coalesce(valid_to, timestamp '9999-12-31') as valid_to
    from {{ ref('stg_messaging__team_memberships') }}
),

boundaries as (
    select
        agent_id,
        valid_from
    from memberships
    union
    select
        agent_id,
        valid_to
    from memberships
),

stretches as (
    select
        agent_id,
        valid_from,
        lead(valid_from) over (partition by agent_id order by valid_from) as valid_to
    from boundaries
),

-- Where memberships overlap, the latest to begin wins, then the smaller team id.
winners as (
    select
        stretches.agent_id,
        stretches.valid_from,
        stretches.valid_to,
        memberships.team_id
    from stretches
    inner join memberships
        on
            stretches.agent_id = memberships.agent_id
            and stretches.valid_from >= memberships.valid_from
            and stretches.valid_from < memberships.valid_to
    qualify row_number() over (
            partition by stretches.agent_id, stretches.valid_from
            order by memberships.valid_from desc, memberships.team_id asc
        ) = 1
),

changes_found as (
    select
        *,
        team_id = lag(team_id) over in_order and valid_from = lag(valid_to) over in_order as continues_team
    from winners
    window in_order as (partition by agent_id order by valid_from)
),

teams_numbered as (
    select
        *,
        count(*) filter (where not coalesce(continues_team, false)) over (
            partition by agent_id order by valid_from
        ) as team_number
    from changes_found
),

final as (      -- an overlap with one's own team is no change of team
    select
        agent_id,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to,
        team_id
    from teams_numbered
    group by agent_id, team_number, team_id
)

select * from final
