-- How long is a typical messaging session?
-- Source: Report on Messaging Activity in Service Cloud, "Track Handle Time and Resolution": Handle Time of Agent Work.
-- Mart: mart_agent_by_day, mart_channel_traffic_by_day.
-- Answer: three lengths by channel. Work handle time, the source's, runs from accepting to closing a piece of work,
-- wrap-up included, and says much where work is synchronous. Active time is how much of it the session was in the
-- agent's focus: the figure to look at where work is asynchronous. Session duration is the customer's view, silence
-- included.
-- Period: the month of as_of; work by the day it was closed, sessions by the day they started.
-- Null: lengths of a channel on which nothing has been closed or ended.
with

works as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'work_handle_count', 'average_work_handle_seconds', 'p50_work_handle_seconds', 'p90_work_handle_seconds',
            'average_active_seconds', 'p50_active_seconds', 'p90_active_seconds'
        ]) }}
    from {{ ref('fct_agent_work') }}
    where not is_test_channel and {{ is_this_month('closed_date') }}
    group by all
),

sessions as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'session_duration_count', 'average_session_duration_seconds', 'p50_session_duration_seconds',
            'p90_session_duration_seconds'
        ]) }}
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ is_this_month('started_date') }}
    group by all
)

select {{ all_with_zeros(['session_duration_count', 'work_handle_count']) }}
from sessions
full join works using (channel_id)
order by session_duration_count desc, channel_id asc
