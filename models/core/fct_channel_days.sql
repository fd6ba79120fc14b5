-- Grain: one row per channel and local day, without gaps from the channel's first day to the calendar's last.
with

events_counted as (
    select
        channel_id,
        occurred_date as volume_date,
        count(*) as day_event_count
    from {{ ref('fct_conversation_events') }}
    where {{ in_touched_days('occurred_date') }}
    group by channel_id, occurred_date
    {%- if is_partial_model() %}
    union all      -- the other days stand
    select
        channel_id,
        volume_date,
        day_event_count
    from {{ this }}
    where day_event_count > 0 and not {{ in_touched_days('volume_date') }}
    {%- endif %}
),

silent_days as (      -- a day without events is a row too: it is what one looks for
    select
        channel_id,
        {{ date_series(
            'min(volume_date)', '(select max(date_day) from ' ~ ref('dim_dates') ~ ')'
        ) }} as volume_date,
        0 as day_event_count
    from events_counted
    group by channel_id
),

days as (
    select * from events_counted
    union all
    select * from silent_days
),

volumes as (
    select
        channel_id,
        volume_date,
        cast(sum(day_event_count) as bigint) as day_event_count
    from days
    group by channel_id, volume_date
),

final as (
    select
        volumes.channel_id,
        volumes.volume_date,
        dates.iso_weekday,
        volumes.day_event_count,
        dates.ended_at <= build.as_of as is_complete_day,
        coalesce(channels.is_test, false) as is_test_channel
    from volumes
    inner join {{ ref('dim_dates') }} as dates on volumes.volume_date = dates.date_day
    cross join {{ ref('dim_build') }} as build
    left join {{ ref('dim_channels') }} as channels using (channel_id)
)

select * from final
