-- Grain: one row per usable presence event: what was delivered once, and the winners of what came more often.
with

usable as (
    select * from {{ ref('stg_messaging__presence_event_deliveries') }}
    where rejection_reason is null
),

judged as (
    select * from {{ ref('int_presence_event_redeliveries_judged') }}
),

delivered_once as (
    select
        usable.*,
        cast(0 as bigint) as redelivery_count
    from usable
    anti join judged using (event_id)
),

winners as (
    select * exclude (is_winner, is_exact_redelivery, is_conflict)
    from judged
    where is_winner
),

unioned as (
    select * from delivered_once
    union all by name
    select * from winners
),

final as (
    select
        event_id,
        agent_id,
        status,
        occurred_at,
        received_at,
        cast(capacity as decimal(18, 3)) as capacity,
        redelivery_count
    from unioned
)

select * from final
