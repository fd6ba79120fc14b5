-- Grain: one row per topic (contact reason).
{{ with_inferred_members(
    ref('stg_messaging__topics'), 'topic_id', 'topic',
    {'topic_name': inferred_name(), 'is_active': 'cast(null as boolean)'}
) }}
