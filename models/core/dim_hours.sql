-- Grain: one row per hour, cut from the start of each local day, to that of as_of.
with

days as (
    select
        *,
        {{ integer_quotient(milliseconds_between('started_at', 'ended_at') ~ ' + 3599999', '3600000') }} as hour_count
    from {{ ref('dim_dates') }}
),

moments as (      -- a clock that is ahead tells of more than as_of
    select as_of as told_at from {{ ref('int_build') }}
    union all
    select max(occurred_at) as told_at from {{ ref('fct_conversation_events') }}
    union all
    select max(occurred_at) as told_at from {{ ref('int_presence_events_deduplicated') }}
),

last_moment as (
    select max(told_at) as last_at from moments
),

days_cut as (      -- 23 or 25 hours where clocks change; a date that a change skips has none
    select
        *,
        {{ number_series('0', 'hour_count - 1') }} as hours_before
    from days
),

hours as (
    select
        *,
        {{ timestamp_from_milliseconds(epoch_milliseconds('started_at') ~ ' + 3600000 * hours_before') }}
            as hour_started_at
    from days_cut
),

final as (
    select
        hours.hour_started_at,
        least({{ hours_after('hours.hour_started_at', 1) }}, hours.ended_at) as hour_ended_at,
        row_number() over (order by hours.hour_started_at) as hour_number,
        hours.date_day,
        {{ local_hour('hours.hour_started_at') }} as hour_of_day,
        hours.iso_weekday
    from hours
    cross join last_moment
    where hours.hour_started_at <= last_moment.last_at
)

select * from final
