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
final as (
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
)

select * from final
