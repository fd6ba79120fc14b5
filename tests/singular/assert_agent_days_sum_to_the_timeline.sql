-- Cut at midnight, an agent's time stays the timeline's, sum by sum. Days leave test channels out of focus and work:
-- with what the timeline has there, handle and viewing time are all of its focus.
{%- set measures = [
    'span', 'online', 'available', 'away', 'unknown', 'offline', 'working', 'handle', 'viewing', 'handle_working', 'occupied',
    'open_work',
] %}
-- A load × seconds that is rounded once a day is off by half a thousandth a row at most.
{%- set rounded_measures = ['open_weight', 'capacity'] %}
with

segments as (
    select
        *,
        visit_id is not null and is_handled as is_handling,
        visit_id is not null and not is_handled as is_viewing,
        is_online and not is_away as is_working,
        case when status is not null then segment_seconds end as known_seconds,
        open_work_count - test_work_count as work_count,
        case when is_online and capacity is not null then open_work_weight - test_work_weight end as work_weight,
        case when is_online and capacity is not null then greatest(least(capacity, 1000000), 0) end as online_capacity
    from {{ ref('fct_agent_timeline') }}
),

timelines as (
    select
        agent_id,
        sum(segment_seconds) as span_seconds,
        sum(segment_seconds * cast(is_online as integer)) as online_seconds,
        sum(segment_seconds * cast(is_available as integer)) as available_seconds,
        sum(segment_seconds * cast(is_away as integer)) as away_seconds,
        sum(segment_seconds * cast(is_unknown as integer)) as unknown_seconds,
        sum(segment_seconds * cast(not is_online and not is_unknown as integer)) as offline_seconds,
        {{ seconds_if_recorded('away', 'sum(segment_seconds * cast(is_working as integer))') }} as working_seconds,
        {{ seconds_if_recorded(
            'focus', 'sum(segment_seconds * cast(is_handling and not is_test_channel as integer))'
        ) }} as handle_seconds,
        {{ seconds_if_recorded(
            'focus', 'sum(segment_seconds * cast(is_viewing and not is_test_channel as integer))'
        ) }} as viewing_seconds,
        {{ seconds_if_recorded(
            'focus', 'sum(segment_seconds * cast(visit_id is not null as integer))'
        ) }} as focus_seconds,
        sum(segment_seconds * cast(visit_id is not null and is_test_channel as integer)) as test_focus_seconds,
        {{ seconds_if_recorded('away', seconds_if_recorded(
            'focus', 'sum(known_seconds * cast(is_working and is_handling and not is_test_channel as integer))'
        )) }} as handle_working_seconds,
        {{ seconds_if_recorded('work', 'sum(known_seconds * cast(is_online and work_count > 0 as integer))') }}
            as occupied_seconds,
        sum(segment_seconds * cast(is_online as integer) * work_count) as open_work_seconds,
        sum(segment_seconds * work_weight) as open_weight_seconds,
        sum(segment_seconds * online_capacity) as capacity_seconds
    from segments
    group by agent_id
),

days as (
    select
        agent_id,
        {%- for measure in measures + rounded_measures %}
        sum({{ measure }}_seconds) as {{ measure }}_seconds,
        {%- endfor %}
        0.0005 * count(*) as rounding_seconds
    from {{ ref('fct_agent_days') }}
    group by agent_id
)

select agent_id
from timelines
full join days using (agent_id)
where
    timelines.focus_seconds is distinct from days.handle_seconds + days.viewing_seconds + timelines.test_focus_seconds
    {%- for measure in measures %}
    or timelines.{{ measure }}_seconds is distinct from days.{{ measure }}_seconds
    {%- endfor %}
    {%- for measure in rounded_measures %}
    or (timelines.{{ measure }}_seconds is null) is distinct from (days.{{ measure }}_seconds is null)
    or abs(timelines.{{ measure }}_seconds - days.{{ measure }}_seconds) > days.rounding_seconds
    {%- endfor %}
