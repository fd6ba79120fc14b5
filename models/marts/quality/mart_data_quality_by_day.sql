-- Grain: one row per local day of receipt, log and channel, test channels included: every delivery counts once.
with

-- Read twice, because the engine skips what has none of the days, and what has a day, if each is asked alone.
deliveries as (
    select * from {{ ref('delivered_events') }}
    where {{ in_touched_days('received_date') }} and received_date is not null
    union all
    select * from {{ ref('delivered_events') }}
    where received_date is null
),

channels as (
    select * from {{ ref('dim_channels') }}
),

counted as (
    select
        received_date,
        event_log,
        {{ channel_or_none() }} as channel_id,
        is_test_channel,
        max(received_at) filter (where is_accepted) as last_received_at,
        {{- metrics([
            'delivery_count', 'accepted_event_count', 'exact_redelivery_count', 'rejected_delivery_count',
            'rejected_delivery_rate', 'late_event_count', 'late_event_rate', 'restating_event_count',
            'clock_anomaly_event_count', 'measured_delay_count'
        ] + durations('delay')) }}
    from deliveries
    group by received_date, event_log, {{ channel_or_none() }}, is_test_channel
),

final as (
    select
        counted.received_date,
        counted.event_log,
        counted.channel_id,
        channels.channel_name,
        counted.last_received_at,
        counted.delivery_count,
        counted.accepted_event_count,
        counted.exact_redelivery_count,
        counted.rejected_delivery_count,
        counted.rejected_delivery_rate,
        counted.late_event_count,
        counted.late_event_rate,
        counted.restating_event_count,
        counted.clock_anomaly_event_count,
        counted.measured_delay_count,
        counted.delay_sum_seconds,
        counted.average_delay_seconds,
        counted.p50_delay_seconds,
        counted.p90_delay_seconds,
        counted.p95_delay_seconds,
        counted.max_delay_seconds,
        counted.is_test_channel
    from counted
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('received_date') }}
