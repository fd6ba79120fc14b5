-- Grain: one row per stay of an agent in a team.
with

source as (
    select * from {{ ref('base_messaging__team_memberships') }}
),

final as (
    select
        agent_id,
        team_id,
        {{ configured_timestamp('valid_from', 'raw_team_memberships') }} as valid_from,
        {{ configured_timestamp('valid_to', 'raw_team_memberships') }} as valid_to
    from source
)

select * from final
