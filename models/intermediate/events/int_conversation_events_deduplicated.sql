-- Grain: one row per usable conversation event: what was delivered once, and the winners of what came more often.
{{ config(materialized='view') }}
with

usable as (
    select * from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where rejection_reason is null
),

judged as (
    select * from {{ ref('int_conversation_event_redeliveries_judged') }}
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

final as (
    select * from delivered_once
    union all by name
    select * from winners
)

select * from final
