-- Grain: one row per messaging user (an address on a channel).
with

users as (
    select * from {{ ref('stg_service_cloud__messaging_end_users') }}
),

final as (
    select
        messaging_user_id,
        channel_id,
        platform_key,
        display_name,
        contact_id,
        account_id,
        case messaging_consent_status
            when 'ImplicitlyOptedIn' then 'implicit'
            when 'ExplicitlyOptedIn' then 'opted_in'
            when 'DoublyOptedIn' then 'opted_in'
            when 'OptedOut' then 'opted_out'
        end as consent_status,
        language as locale      -- noqa: RF04, the contract's word
    from users
)

select * from final
