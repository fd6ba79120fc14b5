-- Grain: one row per backlog, channel and hour at whose end a session is in it.
with

hours as (
    select
        *,
        max(hour_number) over () + 1 as hour_after_last,
        min(case when {{ in_touched_days('date_day') }} then hour_number end) over () as first_hour_told
    from {{ ref('dim_hours') }}
),

stretches as (      -- what begins and ends within an hour is in no backlog at the end of one
    select
        stretches.backlog_type,
        stretches.channel_id,
        stretches.is_test_channel,
        greatest(first_hours.hour_number, first_hours.first_hour_told) as from_hour,
        coalesce(hours_after.hour_number, first_hours.hour_after_last) as until_hour,
        stretches.started_at
    from {{ since_touched_days(ref('fct_backlog_stretches'), 'ended_at') }} as stretches
    inner join hours as first_hours on stretches.started_hour_at = first_hours.hour_started_at
    left join hours as hours_after on stretches.ended_hour_at = hours_after.hour_started_at
    where
        stretches.ended_hour_at is distinct from stretches.started_hour_at
        and {{ reaches_into_touched_days('stretches.started_at', 'stretches.ended_at') }}
        and coalesce(hours_after.hour_number > first_hours.first_hour_told, true)
),

steps as (
    select
        *,
        from_hour as hour_number,
        1 as step
    from stretches
    union all
    select
        *,
        until_hour as hour_number,
        -1 as step
    from stretches
),

levels as (      -- running sums, each until the next step
    select
        backlog_type,
        channel_id,
        is_test_channel,
        lead(hour_number) over backlog as until_hour,
        hour_number as from_hour,
        cast(sum(sum(step)) over backlog as bigint) as session_count,
        cast(null as timestamp) as oldest_started_at
    from steps
    group by backlog_type, channel_id, is_test_channel, hour_number
    window backlog as (partition by backlog_type, channel_id, is_test_channel order by hour_number)
),

turns as (      -- who came earlier and stays longer hides a stretch; each is the oldest for hours of its own
    select
        * exclude (from_hour, started_at),
        greatest(from_hour, max(until_hour) over (
            partition by backlog_type, channel_id, is_test_channel order by started_at
            rows between unbounded preceding and 1 preceding
        )) as from_hour,
        cast(null as bigint) as session_count,
        started_at as oldest_started_at
    from stretches
),

told as (
    select * from levels
    where session_count > 0
    union all
    select * from turns
),

told_by_hour as (
    select
        *,
        {{ number_series('from_hour', 'until_hour - 1') }} as hour_number
    from told
),

final as (
    select
        told.backlog_type,
        told.channel_id,
        hours.hour_started_at,
        hours.date_day as backlog_date,
        max(told.session_count) as session_count,
        min(told.oldest_started_at) as oldest_started_at,
        told.is_test_channel
    from told_by_hour as told
    inner join hours using (hour_number)
    where {{ in_touched_days('hours.date_day') }}
    group by told.backlog_type, told.channel_id, told.is_test_channel, hours.hour_started_at, hours.date_day
)

select * from final
{{ in_order_of('backlog_date') }}
