-- Grain: one row per conversation that a delivery names ('' where it names none): what became of its deliveries.
with

deliveries as (
    select
        coalesce(conversation_id, '') as conversation_id,
        count(*) as delivery_count
    from {{ ref('int_conversation_deliveries_touched') }}
    where {{ in_touched_conversations() }}
    group by coalesce(conversation_id, '')
),

rejected as (
    select
        coalesce(conversation_id, '') as conversation_id,
        count(*) as rejected_count
    from {{ ref('int_conversation_deliveries_rejected') }}
    group by coalesce(conversation_id, '')
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
        deliveries.delivery_count,
        coalesce(rejected.rejected_count, 0) as rejected_count,
        coalesce(repeated.exact_redelivery_count, 0) as exact_redelivery_count
    from deliveries
    left join rejected using (conversation_id)
    left join repeated on deliveries.conversation_id = repeated.conversation_id
)

select * from final
