-- Grain: one row per usable delivery of a presence event that was delivered more than once.
{{ judged_redeliveries(
    ref('stg_messaging__presence_event_deliveries'),
    ['agent_id', 'status', "coalesce(capacity, '')", 'occurred_at']
) }}
