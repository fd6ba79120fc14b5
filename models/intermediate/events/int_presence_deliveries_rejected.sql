-- Grain: one row per rejected delivery of a presence event.
with

deliveries as (
    select * from {{ ref('stg_messaging__presence_event_deliveries') }}
    where rejection_reason is not null
),

conflicts as (
    select * exclude (is_winner, is_exact_redelivery, is_conflict, redelivery_count)
    from {{ ref('int_presence_event_redeliveries_judged') }}
    where is_conflict
),

unioned as (
    select * from deliveries
    union all by name
    select * replace ('conflicting_redelivery' as rejection_reason) from conflicts
),

final as (
    select
        event_id,
        agent_id,
        status,
        capacity,
        {{ raw_text_of('occurred_at') }} as occurred_at,
        {{ raw_text_of('received_at') }} as received_at,
        rejection_reason
    from unioned
)

select * from final
