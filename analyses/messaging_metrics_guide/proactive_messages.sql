-- How many messages did we send of our own accord this month, where, and by whom?
-- Source: messaging metrics guide, "Account Usage", Proactive Messages.
-- Mart: mart_account_usage_by_period.
-- Answer: messages marked as proactive, by channel and kind of sender (agent, bot or system): finer than the mart of
-- account usage, of the same metric. `unique_contacts` says how many people an agent or the bot reached with them.
-- Period: the month of as_of, by the day on which the message was sent.
-- Null: nowhere; what only the system sent reached 0 contacts.
select
    {{ channel_or_none() }} as channel_id,
    actor_type,
    {{- metrics(['proactive_messages', 'unique_contacts']) }}
from {{ ref('fct_messages') }}
where is_proactive_outreach and not is_test_channel and {{ is_this_month('sent_date') }}
group by all
order by proactive_messages desc, channel_id asc, actor_type asc
