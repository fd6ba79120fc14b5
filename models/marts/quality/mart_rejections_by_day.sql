-- Grain: one row per local day of receipt, log, channel and reason for which deliveries were rejected.
with

-- Read twice, because the engine skips what has none of the days, and what has a day, if each is asked alone.
rejections as (
    select * from {{ ref('delivered_events') }}
    where is_rejected and {{ in_touched_days('received_date') }} and received_date is not null
    union all
    select * from {{ ref('delivered_events') }}
    where is_rejected and received_date is null
),

channels as (
    select * from {{ ref('dim_channels') }}
),

counted as (
    select
        received_date,
        event_log,
        {{ channel_or_none() }} as channel_id,
        rejection_reason,
        is_test_channel,
        {{ metric('rejected_delivery_count') }} as rejected_delivery_count
    from rejections
    group by received_date, event_log, {{ channel_or_none() }}, rejection_reason, is_test_channel
),

final as (
    select
        counted.received_date,
        counted.event_log,
        counted.channel_id,
        channels.channel_name,
        counted.rejection_reason,
        counted.rejected_delivery_count,
        counted.is_test_channel
    from counted
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('received_date') }}
