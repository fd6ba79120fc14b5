-- Grain: one row per exact redelivery of a conversation event.
with

redeliveries as (
    select * from {{ ref('int_conversation_event_redeliveries_judged') }}
    where is_exact_redelivery and {{ in_touched_conversations() }}
),

final as (
    select
        event_id,
        event_type,
        conversation_id,
        channel_id,
        occurred_at,
        received_at,
        {{ local_date('received_at') }} as received_date
    from redeliveries
)

select * from final
order by occurred_at
