-- Grain: one row per day, from the first event to as_of, in the reporting time zone.
with

moments as (
    select occurred_at from {{ ref('fct_conversation_events') }}
    union all
    select occurred_at from {{ ref('int_presence_events_deduplicated') }}
),

events as (
    select
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from moments
),

days as (
    select {{ date_series(
        local_date('least(events.first_at, build.as_of)'), local_date('greatest(events.last_at, build.as_of)')
    ) }} as date_day
    from events
    cross join {{ ref('int_build') }} as build
    where build.as_of is not null
),

final as (
    select
        date_day,
        {{ first_day_of('week', 'date_day') }} as week_start,
        {{ first_day_of('month', 'date_day') }} as month_start,
        {{ first_day_of('quarter', 'date_day') }} as quarter_start,
        {{ local_midnight('date_day') }} as started_at,
        {{ local_midnight('date_day + 1') }} as ended_at,
        cast(extract(isodow from date_day) as integer) as iso_weekday
    from days
)

select * from final
