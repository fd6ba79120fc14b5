{# The CTE `clipped`: the segments of the agent timeline, each cut at local midnight, with the local day (`activity_date`)
   and the milliseconds (`clipped_ms`) of each piece; of all segments, or of those that `where` names. #}
{% macro segments_clipped_at_midnight(where='true', of_conversations=false) %}
segments_by_day as (
    select
        *,
        {{ date_series(local_date('started_at'), local_date('ended_at - interval 1 millisecond')) }}
            as activity_date
    from {{ of_touched_conversations(ref('fct_agent_timeline')) if of_conversations else ref('fct_agent_timeline') }}
    where {{ where }}
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


{# The CTEs `sides_told` and `loads_told`, out of `clipped`: what each piece of an agent's time was spent on. #}
{% macro clipped_segments_told() %}
sides_told as (      -- test channels take an agent's presence, and nothing else
    select
        *,
        is_online and not is_away as is_working,
        is_handled and not is_test_channel as is_handling,
        visit_id is not null and not is_handled and not is_test_channel as is_viewing,
        open_work_count - test_work_count as work_count,
        open_work_weight - test_work_weight as work_weight,
        {{ plausible_load('capacity') }} as capacity_load,
        coalesce(is_online and capacity is not null, false) as is_capacity_known
    from clipped
),

loads_told as (      -- null where nothing is known, 0 where nothing was carried
    select
        *,
        case when status is not null then case when is_online then work_count else 0 end end as online_work_count,
        case when is_capacity_known then work_weight end as online_work_weight,
        case when is_capacity_known then capacity_load end as online_capacity
    from sides_told
)
{%- endmacro %}


{# A select list over `loads_told`: what an agent's time was spent on, each figure a sum over the pieces. #}
{% macro agent_time_sums() -%}
        {{ seconds_known_to_be('is_online') }} as online_seconds,
        {{ seconds_if_recorded('availability', seconds_known_to_be('is_available')) }} as available_seconds,
        {{ seconds_if_recorded('away', seconds_known_to_be('is_away')) }} as away_seconds,
        {{ seconds_known_to_be('is_unknown') }} as unknown_seconds,
        {{ seconds_known_to_be('not is_online and not is_unknown') }} as offline_seconds,
        {{ seconds_if_recorded('away', seconds_known_to_be('is_working')) }} as working_seconds,
        {{ seconds_if_recorded('focus', seconds_of('is_handling')) }} as handle_seconds,
        {{ seconds_if_recorded('focus', seconds_of('is_viewing')) }} as viewing_seconds,
        {{ seconds_if_recorded('focus', seconds_if_recorded('away', seconds_known_to_be('is_working and is_handling'))) }}
            as handle_working_seconds,
        {{ seconds_if_recorded('work', seconds_known_to_be('is_online and work_count > 0')) }} as occupied_seconds,
        {{ seconds_if_recorded('work', load_seconds('online_work_count')) }} as open_work_seconds,
        {{ load_seconds('online_work_weight') }} as open_weight_seconds,
        {{ load_seconds('online_capacity') }} as capacity_seconds
{%- endmacro %}


{# Seconds of the pieces for which a condition holds. #}
{% macro seconds_of(condition) -%}
    {{ seconds_from_milliseconds('cast(sum(case when ' ~ condition ~ ' then clipped_ms else 0 end) as bigint)') }}
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
