-- Exactly six rows for a session that has ended, none for one that has not. Where messages are recorded counts have a
-- value and none is the platform's; where they are not, what has a value is.
with

metrics as (
    select
        session_id,
        count(*) as metric_count,
        count(*) filter (where metric_type like '%_message_count' and not has_value) as missing_counts,
        count(*) filter (where is_reported) as reported_count,
        count(*) filter (where has_value) as value_count
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
    or (sessions.are_messages_recorded and metrics.missing_counts > 0)
    or metrics.reported_count != case when sessions.are_messages_recorded then 0 else metrics.value_count end
