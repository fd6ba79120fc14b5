{# The CTE `clipped`: the segments of the agent timeline, each cut at local midnight, with the local day (`activity_date`)
   and the milliseconds (`clipped_ms`) of each piece. #}
{% macro segments_clipped_at_midnight() %}
segments_by_day as (
    select
        *,
        cast({{ date_series(local_date('started_at'), local_date('ended_at - interval 1 millisecond')) }} as date)
            as activity_date
    from {{ ref('fct_agent_timeline') }}
),

clipped as (
    select
        segments.*,
        {{ milliseconds_between(
            'greatest(segments.started_at, days.started_at)', 'least(segments.ended_at, days.ended_at)'
        ) }} as clipped_ms
    from segments_by_day as segments
    inner join {{ ref('dim_dates') }} as days on segments.activity_date = days.date_day
    where days.ended_at > days.started_at      -- a date that a change of the clocks skips has no time
)
{%- endmacro %}


{# Seconds of the pieces for which a condition holds; pieces without known presence say nothing, and null is what nothing
   was said of. #}
{% macro seconds_known_to_be(condition) -%}
    {{ seconds_from_milliseconds('cast(sum(case when status is not null then case when ' ~ condition ~ ' then clipped_ms else 0 end end) as bigint)') }}
{%- endmacro %}


{# A weight or capacity as a load: below 0 it is none, and beyond a million it counts as a million, so that no slip in a
   number stops a build. Null stays null, over which `least` would pass. #}
{% macro plausible_load(load) -%}
    case when {{ load }} is not null then greatest(least({{ load }}, 1000000), 0) end
{%- endmacro %}


{# The integral of a load over time: load × seconds, exact and half up at the thousandth. `load` is null where it is not
   known, which is no load of 0. #}
{% macro load_seconds(load) -%}
    cast(cast(
        sum(cast(clipped_ms as decimal(18, 0)) * cast(1000 * {{ load }} as decimal(18, 0))) as decimal(30, 0)
    ) * 0.000001 as decimal(18, 3))
{%- endmacro %}
