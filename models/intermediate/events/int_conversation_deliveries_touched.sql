-- Grain: one row per delivery that the build looks at: of the touched conversations, and the others of their events.
{{ waits_for('int_conversations_touched') }}
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

select * from final
