-- Which proportion of closed sessions did a bot resolve entirely?
-- Source: Report on Messaging Activity in Service Cloud, "Track Handle Time and Resolution": Agent Type = Bot.
-- Mart: mart_session_outcomes_by_day.
-- Answer: closed sessions with a message of the bot and none of an agent ÷ closed sessions, by channel and in all.
-- Period: the month of as_of, by the day on which the session was closed.
-- Null: nowhere; a channel that closed nothing is left out.
with

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messaging_sessions') }}
    where is_closed and not is_test_channel and {{ is_this_month('closed_date') }}
)

select
    coalesce(channel, '(all)') as channel_id,
    {{- metrics(['closed_session_count', 'bot_resolved_session_count', 'bot_resolved_rate']) }}
from sessions
group by rollup(channel)
order by closed_session_count desc, channel_id asc
