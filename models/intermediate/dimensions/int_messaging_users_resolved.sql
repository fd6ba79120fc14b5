-- Grain: one row per messaging user, inferred ones included, with the person behind the address.
{{ config(materialized='view') }}
with

members as (
    {{ with_inferred_members(
        ref('stg_messaging__messaging_users'), 'messaging_user_id', 'messaging_user', {
            'channel_id': 'cast(null as varchar)', 'contact_id': 'cast(null as varchar)',
            'account_id': 'cast(null as varchar)', 'platform_key': 'cast(null as varchar)',
            'display_name': inferred_name(), 'consent_status': 'cast(null as varchar)',
            'locale': 'cast(null as varchar)'
        }
    ) | indent }}
),

final as (
    select
        *,
        coalesce(contact_id, messaging_user_id) as contact_key
    from members
)

select * from final
