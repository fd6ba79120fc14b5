-- Grain: one row per rejected delivery of a conversation event.
with

rejected as (
    select * from {{ ref('int_conversation_deliveries_rejected') }}
),

final as (
    select
        event_id,
        event_type,
        occurred_at,
        received_at,
        conversation_id,
        channel_id,
        messaging_user_id,
        actor_type,
        actor_id,
        payload,
        rejection_reason,
        {{ local_date(utc_timestamp('received_at')) }} as received_date
    from rejected
)

select * from final
