-- Grain: one row per messaging user (an address on a channel).
with

users as (
    select * from {{ ref('int_messaging_users_resolved') }}
    where {{ in_touched_messaging_users() }}
),

channels as (
    select * from {{ ref('stg_messaging__channels') }}
),

seen as (
    select
        messaging_user_id,
        bool_and(is_test_channel) as is_seen_in_tests_alone
    from {{ ref('fct_messaging_sessions') }}
    where {{ in_touched_messaging_users() }}
    group by messaging_user_id
),

final as (
    select
        users.messaging_user_id,
        users.channel_id,
        users.contact_id,
        users.contact_key,
        users.account_id,
        users.platform_key,
        users.display_name,
        users.consent_status,
        users.locale,
        -- The sessions tell; of whom has none, the channel.
        coalesce(seen.is_seen_in_tests_alone, channels.is_test, false) as is_test,
        users.is_inferred
    from users
    left join channels using (channel_id)
    left join seen on users.messaging_user_id = seen.messaging_user_id
)

select * from final
