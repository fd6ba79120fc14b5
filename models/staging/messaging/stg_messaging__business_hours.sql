-- Grain: one row per schedule.
with

source as (
    select * from {{ ref('base_messaging__business_hours') }}
),

final as (
    select
        business_hours_id,
        timezone
    from source
)

select * from final
