-- Grain: one row per agent and stretch of time in one team; stretches of an agent never overlap.
{{ waits_for('int_agent_spans_touched') }}
with

memberships as (
    select * from {{ ref('int_team_memberships_flattened') }}
),

build as (
    select * from {{ ref('int_build') }}
),

final as (
    select
        memberships.agent_id,
        memberships.team_id,
        nullif(memberships.valid_from, timestamp '0001-01-01') as valid_from,
        nullif(memberships.valid_to, timestamp '9999-12-31') as valid_to,
        coalesce(memberships.valid_from <= build.as_of and build.as_of < memberships.valid_to, false) as is_current
    from memberships
    cross join build
)

select * from final
