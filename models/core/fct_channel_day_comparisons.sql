-- Grain: one row per channel and local day: how its volume compares with the same weekdays of the weeks before.
with

channel_days as (
    select * from {{ ref('fct_channel_days') }}
),

weeks_after as (
    select
        *,
        {{ number_series('1', var('volume_baseline_weeks')) }} as week_number
    from channel_days
),

compared as (      -- each day stands beside the same weekdays after it; days have no gaps, so weeks have none
    select
        channel_id,
        day_event_count,
        volume_date + cast(7 * week_number as integer) as volume_date
    from weeks_after
),

usual_volumes as (
    select
        channel_id,
        volume_date,
        count(*) as compared_week_count,
        percentile_disc(0.5) within group (order by day_event_count) as usual_event_count
    from compared
    group by channel_id, volume_date
),

usual_distances as (
    select
        usual.*,
        percentile_disc(0.5) within group (
            order by abs(compared.day_event_count - usual.usual_event_count)
        ) as usual_distance
    from usual_volumes as usual
    inner join compared
        on usual.volume_date = compared.volume_date and usual.channel_id is not distinct from compared.channel_id
    group by all
),

judged as (
    select
        channel_days.*,
        coalesce(usual.compared_week_count, 0) as compared_week_count,
        usual.usual_event_count,
        usual.usual_distance,
        {{ volume_status('channel_days', 'usual') }} as volume_status
    from channel_days
    left join usual_distances as usual
        on
            channel_days.volume_date = usual.volume_date
            and channel_days.channel_id is not distinct from usual.channel_id
),

final as (
    select
        channel_id,
        volume_date,
        iso_weekday,
        day_event_count,
        compared_week_count,
        usual_event_count,
        usual_distance,
        volume_status,
        volume_status in ('silent', 'low', 'high') as is_anomaly,
        is_test_channel
    from judged
)

select * from final
