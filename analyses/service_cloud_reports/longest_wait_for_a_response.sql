-- What is the longest that end users waited for a response?
-- Source: Report on Messaging Activity in Service Cloud, "Track Response Time": MaxAgentResponseTime.
-- Mart: mart_session_metrics_by_day.
-- Answer: the worst sessions, by the source's measure: from the last message that waited. `max_wait_seconds` is what
-- the customer felt: from the first of them.
-- Period: ended sessions that started in the month of as_of.
-- Null: nowhere; sessions that no agent answered are left out.
with

longest_responses as (
    select
        session_id,
        metric_value as max_agent_response_seconds
    from {{ ref('fct_messaging_session_metrics') }}
    where
        metric_type = 'max_agent_response_time' and has_value
        and not is_test_channel and {{ is_this_month('started_date') }}
),

longest_waits as (
    select
        session_id,
        max(wait_seconds) as max_wait_seconds
    from {{ ref('fct_responses') }}
    where agent_id is not null
    group by session_id
)

select
    session_id,
    longest_responses.max_agent_response_seconds,
    longest_waits.max_wait_seconds
from longest_responses
inner join longest_waits using (session_id)
order by longest_responses.max_agent_response_seconds desc, session_id asc
