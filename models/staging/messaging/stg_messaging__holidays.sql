-- Grain: one row per schedule, date and interval of exceptional hours.
with

source as (
    select * from {{ ref('base_messaging__holidays') }}
),

final as (
    select
        business_hours_id,
        name,
        {{ configured(
            'holiday_date', 'try_cast(holiday_date as date)', 'holidays', 'write it like 2026-12-25'
        ) }} as holiday_date,
        opens_at,
        closes_at
    from source
)

select * from final
