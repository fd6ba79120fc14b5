-- Grain: one row per exact redelivery of a presence event.
{{ waits_for('int_build_scope') }}
with

redeliveries as (
    select * from {{ ref('int_presence_event_redeliveries_judged') }}
    where is_exact_redelivery
),

final as (
    select
        event_id,
        agent_id,
        status,
        occurred_at,
        received_at,
        {{ local_date('received_at') }} as received_date
    from redeliveries
)

select * from final
