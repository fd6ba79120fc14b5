-- Grain: one row per schedule, weekday and interval.
{{ waits_for('stg_messaging__definitions') }}
with

source as (
    select * from {{ ref('base_messaging__business_hour_intervals') }}
),

final as (
    select
        {{ configured_reference(
            'business_hours_id', 'business_hour_intervals', ref('stg_messaging__business_hours'), required=true
        ) }} as business_hours_id,
        {{ configured(
            'iso_weekday', "case when iso_weekday in ('1', '2', '3', '4', '5', '6', '7') then cast(iso_weekday as integer) end",
            'business_hour_intervals', 'write 1 (Monday) to 7 (Sunday)', required=true
        ) }} as iso_weekday,
        opens_at,
        closes_at,
        {{ opening_minute('business_hour_intervals', required=true) }} as opens_minute,
        {{ closing_minute('business_hour_intervals', required=true) }} as closes_minute
    from source
)

select * from final
