-- Grain: one row per session: the keys that everything within it shares.
with

sessions as (
    select * from {{ ref('int_sessions_aggregated') }}
),

users as (
    select * from {{ ref('int_messaging_users_resolved') }}
),

channels as (
    select * from {{ ref('stg_messaging__channels') }}
),

final as (
    select
        sessions.session_id,
        sessions.conversation_id,
        sessions.channel_id,
        sessions.messaging_user_id,
        {{ if_recorded('people', 'users.contact_key', 'varchar') }} as contact_key,
        users.account_id,
        channels.business_hours_id,
        coalesce(channels.is_test, false) as is_test_channel
    from sessions
    left join users using (messaging_user_id)
    left join channels on sessions.channel_id = channels.channel_id
)

select * from final
