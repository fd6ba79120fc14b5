-- Grain: one row per usable conversation event: what was delivered once, and the winners of what came more often.
{{ config(materialized='view') }}
with

events as (
    {{ deduplicated_events(
        ref('int_conversation_deliveries_touched'), ref('int_conversation_event_redeliveries_judged')
    ) | indent }}
),

final as (      -- the winner of an event may stand in a conversation that is not touched
    select * from events
    where {{ in_touched_conversations() }}
)

select * from final
