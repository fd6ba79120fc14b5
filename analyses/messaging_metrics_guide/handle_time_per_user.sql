-- How much time did each user spend on conversations this month?
-- Source: messaging metrics guide, "User / Team reports", Handle Time per user.
-- Mart: mart_agent_by_day.
-- Answer: the time in which a conversation was in the agent's focus during a visit in which they wrote; the average is
-- per distinct session of the month, percentiles are over agent × session × day. Visits without a message are
-- viewing time.
-- Period: the month of as_of; a visit across midnight counts on each day for its part.
-- Null: averages and percentiles of an agent who only looked.
select
    agent_id,
    agents.agent_name,
    {{- metrics([
        'handled_session_count', 'handle_seconds', 'average_handle_seconds', 'p50_handle_seconds', 'p90_handle_seconds',
        'p95_handle_seconds', 'viewed_session_count', 'viewing_seconds'
    ]) }}
from {{ ref('fct_agent_session_days') }}
left join {{ ref('dim_agents') }} as agents using (agent_id)
where not is_test_channel and {{ is_this_month('activity_date') }}
group by all
order by handle_seconds desc, agent_id asc
