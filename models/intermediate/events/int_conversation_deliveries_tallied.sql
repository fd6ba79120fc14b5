-- Grain: one row per conversation that a delivery names, and per day of receipt of what names none: what became of its
-- deliveries.
with

deliveries as (
    select
        {{ conversation_of_delivery() }} as conversation_id,
        min({{ first_moment_of_delivery() }}) as first_ms,
        count(*) as delivery_count
    from {{ ref('int_conversation_deliveries_touched') }}
    where {{ in_touched_conversations(conversation_of_delivery()) }}
    group by {{ conversation_of_delivery() }}
),

rejected as (
    select
        {{ conversation_of_delivery('received_at') }} as conversation_id,
        count(*) as rejected_count
    from {{ ref('int_conversation_deliveries_rejected') }}
    group by {{ conversation_of_delivery('received_at') }}
),

repeated as (
    select
        conversation_id,
        count(*) as exact_redelivery_count
    from {{ ref('int_conversation_event_redeliveries_judged') }}
    where is_exact_redelivery
    group by conversation_id
),

final as (
    select
        deliveries.conversation_id,
        deliveries.first_ms,
        deliveries.delivery_count,
        coalesce(rejected.rejected_count, 0) as rejected_count,
        coalesce(repeated.exact_redelivery_count, 0) as exact_redelivery_count
    from deliveries
    left join rejected using (conversation_id)
    left join repeated on deliveries.conversation_id = repeated.conversation_id
)

select * from final
