-- How many conversations that customers began did we answer and close this month?
-- Source: messaging metrics guide, "Account Usage", Closed Conversations.
-- Mart: mart_account_usage_by_period.
-- Answer: sessions that a customer opened, that an agent or the bot wrote in, and that were resolved or ended, by
-- channel and in all (`(all)`). Each session is on one channel, so the channels add up.
-- Period: the month of as_of, by the day on which the session was closed.
-- Null: nowhere; a channel that closed nothing has 0.
select
    channel_id,
    closed_conversations
from {{ ref('mart_account_usage_by_period') }}
where period_type = 'month' and {{ is_this_month('period_start') }}
order by closed_conversations desc, channel_id asc
