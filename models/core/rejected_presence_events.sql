-- Grain: one row per rejected delivery of a presence event.
{{ waits_for('int_build_scope') }}
with

rejected as (
    select * from {{ ref('int_presence_deliveries_rejected') }}
),

final as (
    select
        event_id,
        agent_id,
        status,
        capacity,
        occurred_at,
        received_at,
        rejection_reason,
        {{ local_date(utc_timestamp('received_at')) }} as received_date
    from rejected
)

select * from final
