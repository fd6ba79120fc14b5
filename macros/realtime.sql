{# The CTE `last_hours`, one row: the twelve hours before as_of, over which the real-time figures are grown. #}
{% macro trailing_hours(build) %}
last_hours as (
    select
        as_of - interval 12 hour as trailing_started_at,
        as_of as trailing_ended_at
    from {{ build }}
)
{%- endmacro %}


{# How much of an interval lies within `last_hours`, in milliseconds. #}
{% macro trailing_milliseconds(start, end) -%}
    {{ milliseconds_between(
        'greatest(' ~ start ~ ', last_hours.trailing_started_at)', 'least(' ~ end ~ ', last_hours.trailing_ended_at)'
    ) }}
{%- endmacro %}


{# Whether a moment lies within `last_hours`. #}
{% macro is_trailing(moment) -%}
    {{ moment }} >= last_hours.trailing_started_at and {{ moment }} < last_hours.trailing_ended_at
{%- endmacro %}


{# A count of what stands in a queue: 0 is said where it is told which queue a session is in, and whatever else the count is
   made of. #}
{% macro count_in_queue(count, unrecorded_count) -%}
    {{ count_on_record(count, unrecorded_count, 'queues', 'requests', 'assignments', *varargs) }}
{%- endmacro %}
