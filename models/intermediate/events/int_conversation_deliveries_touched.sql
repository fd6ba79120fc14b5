-- Grain: one row per delivery that the build looks at: those of the touched conversations, and the others of their events.
with

deliveries as (
    select * from {{ ref('stg_messaging__conversation_event_deliveries') }}
),

final as (
    select * from deliveries
    {%- if is_partial_build() %}
    where
        {{ in_touched_conversations() }}
        or event_id in (
            select event_id from deliveries
            where {{ in_touched_conversations() }}
        )
    {%- endif %}
)

-- depends_on: {{ ref('int_conversations_touched') }}
select * from final
