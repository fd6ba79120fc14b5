-- Grain: one row per team.
with

source as (
    select * from {{ ref('base_messaging__teams') }}
),

final as (
    select
        team_id,
        team_name
    from source
)

select * from final
