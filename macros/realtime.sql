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
