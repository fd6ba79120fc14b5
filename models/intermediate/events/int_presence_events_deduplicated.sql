-- Grain: one row per usable presence event: what was delivered once, and the winners of what came more often.
{{ waits_for('int_build_scope') }}
with

events as (
    {{ deduplicated_events(
        ref('stg_messaging__presence_event_deliveries'), ref('int_presence_event_redeliveries_judged'),
        in_touched_presence_events()
    ) | indent }}
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
    from events
)

select * from final
