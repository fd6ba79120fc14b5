-- Grain: one row per topic.
with

source as (
    select * from {{ ref('base_messaging__topics') }}
),

final as (
    select
        topic_id,
        topic_name,
        {{ configured_boolean('is_active', 'raw_topics', default=true) }} as is_active
    from source
)

select * from final
