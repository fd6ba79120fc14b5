-- Values and covered sessions of the mart are those of the fact, by metric type, without test channels.
with

fact as (
    select
        metric_type,
        count(*) filter (where has_value) as covered_session_count,
        sum(metric_value) as metric_sum
    from {{ ref('fct_messaging_session_metrics') }}
    where not is_test_channel
    group by metric_type
),

mart as (
    select
        metric_type,
        sum(covered_session_count) as covered_session_count,
        sum(session_metric_sum) as metric_sum
    from {{ ref('mart_session_metrics_by_day') }}
    group by metric_type
)

select *
from fact
full join mart using (metric_type)
where
    coalesce(fact.covered_session_count, 0) is distinct from mart.covered_session_count
    or fact.metric_sum is distinct from mart.metric_sum
