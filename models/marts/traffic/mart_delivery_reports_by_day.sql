-- Grain: one row per day, channel and actor type: what share of the messages anybody reported on, and what was told.
with

messages as (
    select
        *,
        {{ channel_or_none() }} as channel,
        coalesce(direction, '(unknown)') as known_direction,
        coalesce(actor_type, '(unknown)') as known_actor_type
    from {{ ref('fct_messages') }}
    where not is_test_channel and {{ in_touched_days('message_date') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

counted as (
    select
        message_date,
        channel as channel_id,
        known_direction as direction,
        known_actor_type as actor_type,
        {{- metrics([
            'recorded_message_count', 'orphan_message_count', 'reported_message_count', 'unreported_message_count',
            'report_coverage_rate', 'reached_message_count', 'failed_message_count', 'reported_failure_rate',
            'measured_delivery_count', 'delivery_sum_seconds', 'average_delivery_seconds', 'p50_delivery_seconds',
            'p90_delivery_seconds', 'p95_delivery_seconds'
        ]) }}
    from messages
    group by message_date, channel, known_direction, known_actor_type
),

final as (
    select
        counted.message_date,
        counted.channel_id,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type,
        counted.* exclude (message_date, channel_id)
    from counted
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('message_date') }}
