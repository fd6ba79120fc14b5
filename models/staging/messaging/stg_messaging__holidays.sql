-- Grain: one row per schedule, date and interval of exceptional hours; a closed day has one without times.
{{ waits_for('stg_messaging__definitions') }}
with

source as (
    select * from {{ ref('base_messaging__holidays') }}
),

final as (
    select
        {{ configured_reference(
            'business_hours_id', 'holidays', ref('stg_messaging__business_hours'), required=true
        ) }} as business_hours_id,
        name,
        {{ configured(
            'holiday_date',
            'case when ' ~ text_matches('holiday_date', '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00:00)?')
            ~ ' then try_cast(holiday_date as date) end',
            'holidays', 'write it like 2026-12-25', required=true
        ) }} as holiday_date,
        opens_at,
        closes_at,
        {{ opening_minute('holidays', required='closes_at is not null') }} as opens_minute,
        {{ closing_minute('holidays', required='opens_at is not null') }} as closes_minute
    from source
)

select * from final
