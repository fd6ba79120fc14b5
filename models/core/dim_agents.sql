-- Grain: one row per agent.
{{ with_inferred_members(
    ref('stg_messaging__agents'), 'agent_id', 'agent',
    {'agent_name': inferred_name(), 'email': 'cast(null as varchar)', 'is_active': 'cast(null as boolean)'}
) }}
