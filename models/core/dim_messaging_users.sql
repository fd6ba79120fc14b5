-- Grain: one row per messaging user (an address on a channel).
with

users as (
    select * from {{ ref('int_messaging_users_resolved') }}
),

final as (
    select
        messaging_user_id,
        channel_id,
        contact_id,
        contact_key,
        account_id,
        platform_key,
        display_name,
        consent_status,
        locale,
        is_inferred
    from users
)

select * from final
