-- How many messaging sessions did each of our accounts generate this month?
-- Source: Report on Messaging Activity in Service Cloud, "Compare Messaging Activity Across Accounts".
-- Mart: mart_account_activity_by_month.
-- Answer: sessions by the account of their customer, with messages and people, and the agents' time that they took.
-- Period: the month of as_of; sessions by the day they started, the rest each by its own.
-- Null: the name of no account; the average of an account that nobody handled. `(none)`: customers without an account.
select
    account_id,
    account_name,
    session_count,
    unique_contacts,
    message_count,
    resolved_session_count,
    handle_seconds,
    average_handle_seconds
from {{ ref('mart_account_activity_by_month') }}
where {{ is_this_month('month_start') }}
order by session_count desc, account_id asc
