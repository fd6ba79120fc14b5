-- Grain: one row per day, channel and metric type; sessions count on the day they started.
with

session_metrics as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messaging_session_metrics') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

values_by_day as (
    select
        started_date as session_date,
        channel as channel_id,
        metric_type,
        {{ metric('covered_session_count') }} as covered_session_count,
        {{ metric('reported_session_count') }} as reported_session_count,
        {{ metric('session_metric_sum') }} as session_metric_sum,
        {{ metric('session_metric_average') }} as session_metric_average,
        {{ metric('session_metric_p50') }} as session_metric_p50,
        {{ metric('session_metric_p90') }} as session_metric_p90,
        {{ metric('session_metric_p95') }} as session_metric_p95,
        {{ metric('session_metric_max') }} as session_metric_max
    from session_metrics
    group by started_date, channel, metric_type
),

sessions_by_day as (      -- coverage is told of every session, also on days on which none has ended yet
    select
        started_date as session_date,
        channel as channel_id,
        {{ metric('session_count') }} as session_count,
        {{ metric('ended_session_count') }} as ended_session_count
    from sessions
    group by started_date, channel
),

metric_types as (
    {%- for metric_type in session_metric_types() %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select '{{ metric_type }}' as metric_type
    {%- endfor %}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

final as (
    select
        sessions_by_day.session_date,
        sessions_by_day.channel_id,
        metric_types.metric_type,
        channels.platform_type,
        sessions_by_day.session_count,
        sessions_by_day.ended_session_count,
        coalesce(values_by_day.covered_session_count, 0) as covered_session_count,
        {{ rate('coalesce(values_by_day.covered_session_count, 0)', 'sessions_by_day.session_count') }}
            as coverage_rate,
        coalesce(values_by_day.reported_session_count, 0) as reported_session_count,
        values_by_day.session_metric_sum,
        values_by_day.session_metric_average,
        values_by_day.session_metric_p50,
        values_by_day.session_metric_p90,
        values_by_day.session_metric_p95,
        values_by_day.session_metric_max
    from sessions_by_day
    cross join metric_types
    left join values_by_day using (session_date, channel_id, metric_type)
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('session_date') }}
