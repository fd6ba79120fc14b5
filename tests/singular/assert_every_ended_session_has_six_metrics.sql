-- Exactly six rows for a session that has ended, none for one that has not; counts always have a value.
with

metrics as (
    select
        session_id,
        count(*) as metric_count,
        count(*) filter (where metric_type like '%_message_count' and not has_value) as missing_counts
    from {{ ref('fct_messaging_session_metrics') }}
    group by session_id
)

select
    sessions.session_id,
    metrics.metric_count
from {{ ref('fct_messaging_sessions') }} as sessions
full join metrics using (session_id)
where
    coalesce(metrics.metric_count, 0) is distinct from case when sessions.is_ended then 6 else 0 end
    or metrics.missing_counts > 0
