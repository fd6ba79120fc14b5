-- Grain: one row per schedule.
{{ waits_for('stg_messaging__definitions') }}
with

source as (
    select * from {{ ref('base_messaging__business_hours') }}
),

final as (
    select
        business_hours_id,
        {{ configured(
            'timezone', 'case when timezone in (' ~ timezone_names() ~ ') then timezone end', 'business_hours',
            'write an IANA name such as Europe/Berlin', required=true
        ) }} as timezone
    from source
)

select * from final
