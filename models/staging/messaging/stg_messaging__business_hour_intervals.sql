-- Grain: one row per schedule, weekday and interval.
with

source as (
    select * from {{ ref('base_messaging__business_hour_intervals') }}
),

final as (
    select
        business_hours_id,
        {{ configured_number('iso_weekday', 'business_hour_intervals', 'integer') }} as iso_weekday,
        opens_at,
        closes_at
    from source
)

select * from final
