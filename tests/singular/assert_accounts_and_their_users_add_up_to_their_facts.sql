-- What accounts and messaging users brought is what the facts hold: each in its month, under its account, once.
with

sessions as (
    select
        {{ first_day_of('month', 'started_date') }} as month_start,
        {{ id_or_none('account_id') }} as account_id,
        count(*) as sessions
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
    group by all
),

closed as (
    select
        {{ first_day_of('month', 'closed_date') }} as month_start,
        {{ id_or_none('account_id') }} as account_id,
        count(*) as closed
    from {{ ref('fct_messaging_sessions') }}
    where is_closed_conversation and not is_test_channel
    group by all
),

messages as (
    select
        {{ first_day_of('month', 'sent_date') }} as month_start,
        {{ id_or_none('account_id') }} as account_id,
        count(*) as messages,
        count(distinct active_contact_key) as contacts
    from {{ ref('fct_messages') }}
    where not is_orphan and not is_test_channel
    group by all
),

resolutions as (
    select
        {{ first_day_of('month', 'resolved_date') }} as month_start,
        {{ id_or_none('account_id') }} as account_id,
        count(*) as resolutions
    from {{ ref('fct_resolutions') }}
    where is_resolved and not is_test_channel
    group by all
),

handling as (
    select
        {{ first_day_of('month', 'activity_date') }} as month_start,
        {{ id_or_none('account_id') }} as account_id,
        sum(handle_seconds) as handle_seconds
    from {{ ref('fct_agent_session_days') }}
    where not is_test_channel
    group by all
),

by_user as (
    select
        messaging_user_id,
        count(*) as sessions,
        min(started_at) as first_started_at,
        max(started_at) as last_started_at
    from {{ ref('fct_messaging_sessions') }}
    where messaging_user_id is not null and not is_test_channel
    group by messaging_user_id
),

messages_by_user as (
    select
        messaging_user_id,
        count(*) as messages
    from {{ ref('fct_messages') }}
    where messaging_user_id is not null and not is_orphan and not is_test_channel
    group by messaging_user_id
),

users_beside_tests as (      -- every address that a reference table puts on a channel which is not for tests
    select
        addresses.messaging_user_id,
        addresses.account_id
    from {{ ref('dim_messaging_users') }} as addresses
    inner join {{ ref('dim_channels') }} as channels on addresses.channel_id = channels.channel_id
    where not channels.is_test
),

differences as (
    select 'mart_account_activity_by_month' as mart
    from {{ ref('mart_account_activity_by_month') }} as mart
    full join sessions using (month_start, account_id)
    full join closed using (month_start, account_id)
    full join messages using (month_start, account_id)
    full join resolutions using (month_start, account_id)
    full join handling using (month_start, account_id)
    where
        mart.session_count is distinct from coalesce(sessions.sessions, 0)
        or mart.closed_conversations
        is distinct from {{ count_on_record('closed.closed', 'mart.unrecorded_session_count', 'origins') }}
        or mart.message_count
        is distinct from {{ count_on_record('messages.messages', 'mart.unrecorded_session_count') }}
        or mart.unique_contacts
        is distinct from {{ count_on_record('messages.contacts', 'mart.unrecorded_session_count', 'people') }}
        or mart.resolution_count
        is distinct from {{ if_recorded('resolutions', 'coalesce(resolutions.resolutions, 0)', 'bigint') }}
        or mart.handle_seconds is distinct from {{ or_zero('handling', 'handle_seconds') }}
    union all
    select 'mart_messaging_users_by_account' as mart
    from {{ ref('mart_messaging_users_by_account') }} as mart
    full join by_user using (messaging_user_id)
    full join messages_by_user using (messaging_user_id)
    where
        mart.session_count is distinct from {{ or_zero('by_user', 'sessions', none, 'contacts') }}
        or mart.message_count
        is distinct from {{ count_on_record('messages_by_user.messages', 'mart.unrecorded_session_count', 'contacts') }}
        or mart.first_session_started_at is distinct from by_user.first_started_at
        or mart.last_session_started_at is distinct from by_user.last_started_at
    union all
    select 'mart_messaging_users_by_account' as mart
    from users_beside_tests
    left join {{ ref('mart_messaging_users_by_account') }} as mart using (messaging_user_id)
    where mart.account_id is distinct from {{ id_or_none('users_beside_tests.account_id') }}
)

select * from differences
