-- Grain: one row per day, channel and topic; sessions that agents handled count on the day they were closed.
with

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel,
        {{ id_or_none('topic_id') }} as topic
    from {{ ref('fct_messaging_sessions') }}
    where is_closed_handled and not is_test_channel and {{ in_touched_days('closed_date') }}
),

final as (
    select
        closed_date,
        channel as channel_id,
        topic as topic_id,
        {{- metrics([
            'closed_handled_session_count', 'served_sum_seconds', 'average_served_seconds', 'p50_served_seconds',
            'p90_served_seconds', 'p95_served_seconds', 'session_handle_sum_seconds',
            'average_session_handle_seconds', 'p50_session_handle_seconds', 'p90_session_handle_seconds',
            'p95_session_handle_seconds', 'carried_ratio', 'attended_sum_seconds', 'average_attended_seconds',
            'p50_attended_seconds', 'p90_attended_seconds', 'p95_attended_seconds', 'saved_sum_seconds', 'saved_rate'
        ]) }}
    from sessions
    group by closed_date, channel, topic
)

select * from final
{{ in_order_of('closed_date') }}
