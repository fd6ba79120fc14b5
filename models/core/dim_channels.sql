-- Grain: one row per channel.
{{ with_inferred_members(
    ref('stg_messaging__channels'), 'channel_id', 'channel', {
        'business_hours_id': 'cast(null as varchar)', 'channel_name': inferred_name(),
        'channel_type': 'cast(null as varchar)', 'platform_type': 'cast(null as varchar)', 'is_test': 'false'
    }
) }}
