-- Grain: one row per messaging user (an address on a channel).
with

source as (
    select * from {{ ref('base_messaging__messaging_users') }}
),

final as (
    select
        messaging_user_id,
        channel_id,
        contact_id,
        account_id,
        platform_key,
        display_name,
        consent_status,
        locale
    from source
)

select * from final
