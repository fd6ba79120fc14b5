-- Grain: one row per day, from the first event to as_of, in the reporting time zone.
with

-- The first and the last of each: the engine skips what lies between.
{% for relation in ['fct_conversation_events', 'int_presence_events_deduplicated'] %}
first_{{ loop.index }} as (
    select occurred_at from {{ ref(relation) }}
    order by occurred_at
    limit 1
),

last_{{ loop.index }} as (
    select occurred_at from {{ ref(relation) }}
    order by occurred_at desc
    limit 1
),
{% endfor %}
moments as (
    select * from first_1
    union all
    select * from last_1
    union all
    select * from first_2
    union all
    select * from last_2
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
