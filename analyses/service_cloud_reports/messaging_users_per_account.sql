-- What messaging users do we have for each account?
-- Source: Report on Messaging Activity in Service Cloud, "Compare Messaging Activity Across Accounts".
-- Mart: mart_messaging_users_by_account.
-- Answer: one row per messaging user, an address on a channel, under its account. Several of one `contact_id` are one
-- person. Names and addresses stay in dim_messaging_users.
-- Period: all users that are known at as_of, with the first and last of their sessions.
-- Null: what no reference table tells of a user, and the sessions of who never had one. `(none)`: no account.
select
    account_id,
    account_name,
    messaging_user_id,
    contact_id,
    channel_name,
    consent_status,
    session_count,
    first_session_started_at,
    last_session_started_at
from {{ ref('mart_messaging_users_by_account') }}
order by account_id asc, messaging_user_id asc
