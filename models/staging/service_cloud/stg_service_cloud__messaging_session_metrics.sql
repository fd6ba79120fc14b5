-- Grain: one row per figure that the platform computed of an ended session.
with

records as (
    {{ current_records('base_service_cloud__messaging_session_metrics', 'MessagingSessionMetrics') }}
),

final as (
    select
        id as messaging_session_metric_id,
        messaging_session_id,
        messaging_session_metric_type as metric_type,
        {{ platform_number('messaging_session_metric_value', 'MessagingSessionMetrics') }} as metric_value
    from records
)

select * from final
