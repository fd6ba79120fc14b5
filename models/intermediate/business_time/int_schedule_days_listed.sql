-- Grain: one row per schedule and local date on which it may open.
with

schedules as (
    select * from {{ ref('stg_messaging__business_hours') }}
),

first_events as (
    select min(occurred_at) as first_at from {{ ref('int_conversation_events_placed') }}
),

-- Hours that opened two days before the first event are over by then, wherever on earth they opened.
bounds as (
    select
        cast(coalesce(first_events.first_at, build.as_of) as date) - 2 as first_date,
        cast(build.as_of as date) + {{ business_time_horizon_days() }} as last_date
    from first_events
    cross join {{ ref('int_build') }} as build
),

dates as (
    select {{ date_series('first_date', 'last_date') }} as local_date
    from bounds
    where first_date is not null and last_date is not null
),

final as (
    select
        schedules.business_hours_id,
        schedules.timezone,
        dates.local_date,
        cast(extract(isodow from dates.local_date) as integer) as iso_weekday
    from schedules
    cross join dates
)

select * from final
