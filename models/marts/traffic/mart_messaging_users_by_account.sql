-- Grain: one row per messaging user (an address on a channel), under its account; nothing of who stands behind it.
with

users as (
    select * from {{ ref('dim_messaging_users') }}
    where not is_test and {{ in_touched_messaging_users() }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

sessions as (
    select
        messaging_user_id,
        min(started_at) as first_session_started_at,
        max(started_at) as last_session_started_at,
        {{- metrics(['session_count', 'inbound_session_count', 'closed_conversations']) }}
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ in_touched_messaging_users() }}
    group by messaging_user_id
),

messages as (
    select
        messaging_user_id,
        {{- metrics(['message_count', 'end_user_message_count', 'agent_message_count', 'bot_message_count']) }}
    from {{ ref('fct_messages') }}
    where not is_test_channel and {{ in_touched_messaging_users() }}
    group by messaging_user_id
),

unrecorded as (
    select
        messaging_user_id,
        {{- metrics(['unrecorded_session_count']) }}
    from {{ ref('fct_unrecorded_days') }}
    where not is_test_channel and {{ in_touched_messaging_users() }}
    group by messaging_user_id
),

final as (
    select
        {{ id_or_none('users.account_id') }} as account_id,
        accounts.account_name,
        users.messaging_user_id,
        {{ id_or_none('users.channel_id') }} as channel_id,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type,
        users.contact_id,
        users.consent_status,
        users.locale,
        sessions.first_session_started_at,
        sessions.last_session_started_at,
        {{ count_or_zero('sessions', 'session_count', none, 'contacts') }},
        {{ count_or_zero('sessions', 'inbound_session_count', none, 'contacts') }},
        {{ count_or_zero('sessions', 'closed_conversations', 'unrecorded.unrecorded_session_count', 'contacts') }},
        {%- for name in ['message_count', 'end_user_message_count', 'agent_message_count', 'bot_message_count'] %}
        {{ count_or_zero('messages', name, 'unrecorded.unrecorded_session_count', 'contacts') }},
        {%- endfor %}
        {{ count_or_zero('unrecorded', 'unrecorded_session_count', none, 'contacts') }},
        users.is_inferred
    from users
    left join channels on users.channel_id = channels.channel_id
    left join accounts on users.account_id = accounts.account_id
    left join sessions on users.messaging_user_id = sessions.messaging_user_id
    left join messages on users.messaging_user_id = messages.messaging_user_id
    left join unrecorded on users.messaging_user_id = unrecorded.messaging_user_id
)

select * from final
