-- On average, how many seconds does it take agents to respond to a message?
-- Source: Report on Messaging Activity in Service Cloud, "Track Response Time": AverageAgentResponseTime.
-- Mart: mart_session_metrics_by_day, mart_response_times_by_day.
-- Answer: two averages that differ. `session_metric_average` is the source's: the mean of the sessions' own means, in
-- which a session with one answer weighs as much as one with ten. `average_agent_response_seconds` weighs answers.
-- Both run from the last message that waited to the agent's answer.
-- Period: ended sessions that started in the month of as_of; answers given in that month, also in open sessions.
-- Null: sessions that no agent answered have no mean of their own and are left out.
with

sessions as (
    select
        {{- metrics([
            'covered_session_count', 'session_metric_average', 'session_metric_p50', 'session_metric_p90'
        ]) }}
    from {{ ref('fct_messaging_session_metrics') }}
    where metric_type = 'average_agent_response_time' and not is_test_channel and {{ is_this_month('started_date') }}
),

answers as (
    select
        {{- metrics([
            'agent_response_count', 'average_agent_response_seconds', 'p50_agent_response_seconds',
            'p90_agent_response_seconds'
        ]) }}
    from {{ ref('fct_responses') }}
    where not is_test_channel and {{ is_this_month('responded_date') }}
)

select *
from sessions
cross join answers
