-- Grain: one row per accepted presence event.
{{ waits_for('int_build_scope') }}
with

events as (
    select * from {{ ref('int_presence_events_deduplicated') }}
    where {{ in_touched_presence_events() }}
),

final as (
    select
        event_id,
        agent_id,
        status,
        capacity,
        occurred_at,
        received_at,
        {{ local_date('occurred_at') }} as occurred_date,
        {{ local_date('received_at') }} as received_date,
        redelivery_count
    from events
)

select * from final
