-- Grain: one row per local day and channel, without gaps from the channel's first day to that of as_of.
with

channel_days as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_channel_day_comparisons') }}
    where not is_test_channel
),

channels as (
    select * from {{ ref('dim_channels') }}
),

counted as (
    select
        volume_date,
        channel as channel_id,
        iso_weekday,
        volume_status,
        compared_week_count,
        usual_distance,
        cast({{ metric('day_event_count') }} as bigint) as day_event_count,
        cast({{ metric('usual_event_count') }} as bigint) as usual_event_count,
        {{ metric('volume_ratio') }} as volume_ratio,
        {{ metric('anomalous_day_count') }} > 0 as is_anomaly
    from channel_days
    group by volume_date, channel, iso_weekday, volume_status, compared_week_count, usual_distance
),

final as (
    select
        counted.volume_date,
        counted.channel_id,
        channels.channel_name,
        counted.iso_weekday,
        counted.day_event_count,
        counted.compared_week_count,
        counted.usual_event_count,
        counted.usual_distance,
        counted.volume_ratio,
        counted.volume_status,
        counted.is_anomaly
    from counted
    left join channels using (channel_id)
)

select * from final
