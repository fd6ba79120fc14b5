-- How many messages do end users typically send before a session ends?
-- Source: Report on Messaging Activity in Service Cloud, "Track Response Time": EndUserMessageCount.
-- Mart: mart_session_metrics_by_day.
-- Answer: the median and its neighbours over ended sessions, and their mean; 0 where the customer never wrote.
-- Period: ended sessions that started in the month of as_of.
-- Null: only while no session has ended.
select
    {{- metrics([
        'covered_session_count', 'session_metric_average', 'session_metric_p50', 'session_metric_p90',
        'session_metric_p95', 'session_metric_max'
    ]) }}
from {{ ref('fct_messaging_session_metrics') }}
where metric_type = 'end_user_message_count' and not is_test_channel and {{ is_this_month('started_date') }}
