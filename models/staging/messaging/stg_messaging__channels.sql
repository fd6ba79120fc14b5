-- Grain: one row per channel.
{{ waits_for('stg_messaging__definitions') }}
with

source as (
    select * from {{ ref('base_messaging__channels') }}
),

final as (
    select
        channel_id,
        {{ configured_reference('business_hours_id', 'raw_channels', ref('stg_messaging__business_hours')) }}
            as business_hours_id,
        channel_name,
        channel_type,
        platform_type,
        {{ configured_boolean('is_test', 'raw_channels', default=false) }} as is_test
    from source
)

select * from final
