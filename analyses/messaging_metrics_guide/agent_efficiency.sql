-- Why is agent efficiency higher with asynchronous messaging?
-- Source: messaging metrics guide, "Handle Time".
-- Mart: mart_efficiency_by_day.
-- Answer: because a conversation takes far longer than it takes of the agent. Per channel: how long customers were
-- served, how much of that agents spent on them (handle time), what one conversation at a time would have cost
-- (attended: from an agent's first visit to their last), and so how much customer time a unit of agent time carries,
-- and which share of the one-at-a-time cost was saved.
-- Period: the month of as_of, sessions that agents handled, by the day on which they were closed.
-- Null: served times where no handled visit lies after the session's start; rates without handle time.
select
    {{ channel_or_none() }} as channel_id,
    {{- metrics([
        'closed_handled_session_count', 'average_served_seconds', 'p50_served_seconds', 'average_session_handle_seconds',
        'p50_session_handle_seconds', 'average_attended_seconds', 'p50_attended_seconds', 'carried_ratio',
        'saved_sum_seconds', 'saved_rate'
    ]) }}
from {{ ref('fct_messaging_sessions') }}
where is_closed_handled and not is_test_channel and {{ is_this_month('closed_date') }}
group by all
order by saved_sum_seconds desc nulls last, channel_id asc
