-- Grain: one row per messaging user (an address on a channel).
with

channels as (
    select * from {{ ref('dim_channels') }}
),

users as (
    select
        messaging_users.*,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type
    from {{ ref('dim_messaging_users') }} as messaging_users
    left join channels using (channel_id)
    where not messaging_users.is_test
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

sessions as (
    select
        messaging_user_id,
        {{- metrics(['session_count', 'closed_session_count']) }},
        min(started_at) as first_session_started_at,
        max(started_at) as last_session_started_at
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
    group by messaging_user_id
),

final as (
    select
        users.messaging_user_id,
        users.channel_id,
        users.channel_name,
        users.channel_type,
        users.platform_type,
        users.contact_id,
        users.contact_key,
        users.account_id,
        accounts.account_name,
        users.platform_key,
        users.display_name,
        users.consent_status,
        users.locale,
        sessions.first_session_started_at,
        {{ local_date('sessions.first_session_started_at') }} as first_session_started_date,
        sessions.last_session_started_at,
        {{ local_date('sessions.last_session_started_at') }} as last_session_started_date,
        {{ count_or_zero('sessions', 'session_count', none, 'contacts') }},
        {{ count_or_zero('sessions', 'closed_session_count', none, 'contacts') }},
        users.is_inferred
    from users
    left join accounts using (account_id)
    left join sessions using (messaging_user_id)
)

select * from final
