-- Every message_sent is one message, and every receipt belongs to a message, be it an orphan.
with

events as (
    select
        event_id,
        conversation_id,
        message_id,
        event_type = 'message_sent' as is_sent
    from {{ ref('fct_conversation_events') }}
    where event_type in ('message_sent', 'message_delivered', 'message_read', 'message_failed')
),

messages as (
    select * from {{ ref('fct_messages') }}
)

select
    events.event_id,
    messages.event_id as message_event_id
from events
full join messages
    on events.event_id = messages.event_id and events.is_sent != messages.is_orphan
where
    (messages.event_id is null and events.is_sent)
    or events.event_id is null
    or (
        messages.event_id is null and not exists (
            select 1 from {{ ref('fct_messages') }} as of_receipt
            where of_receipt.conversation_id = events.conversation_id and of_receipt.message_id = events.message_id
        )
    )
