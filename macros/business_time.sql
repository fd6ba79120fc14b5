{#
    Business time: C(t), the open milliseconds of a schedule up to t, out of `int_open_intervals_merged`. A duration is
    C(end) − C(start); a due time is the earliest t at which C has grown by the target. Without a schedule the business
    never closes, and C is the calendar.
#}

{# The open interval that began last before or at a moment, as `alias`; no row before the first. Looked up by the moment's
   date: to find it in the order of time (`join_latest`) sorts all rows with all that they carry, once for each moment. #}
{% macro join_opened_by(alias, business_hours_id, moment) -%}
    left join {{ ref('int_open_intervals_by_date') }} as {{ alias }}
        on
            {{ business_hours_id }} = {{ alias }}.business_hours_id
            and cast({{ moment }} as date) = {{ alias }}.moment_date
            and {{ moment }} >= {{ alias }}.opened_at
            and {{ moment }} < {{ alias }}.next_opened_at
{%- endmacro %}


{# C at a moment, out of the interval that `join_opened_by` found for it. #}
{% macro open_ms_at(alias, moment) -%}
    coalesce({{ alias }}.open_ms_before + {{ milliseconds_between(alias ~ '.opened_at', 'least(' ~ moment ~ ', ' ~ alias ~ '.closed_at)') }}, 0)
{%- endmacro %}


{# Milliseconds on the business's clock between two moments that are there and in order. #}
{% macro business_ms_between(business_hours_id, start_alias, start, end_alias, end) -%}
    case
        when {{ business_hours_id }} is null then {{ milliseconds_between(start, end) }}
        else {{ open_ms_at(end_alias, end) }} - {{ open_ms_at(start_alias, start) }}
    end
{%- endmacro %}


{# The business's twin of `seconds_between`, with the same nulls. #}
{% macro business_seconds_between(business_hours_id, start_alias, start, end_alias, end) -%}
    case
        when {{ end }} >= {{ start }}
            then {{ seconds_from_milliseconds(business_ms_between(business_hours_id, start_alias, start, end_alias, end)) }}
    end
{%- endmacro %}


{# Minutes after local midnight at which a row's hours open. #}
{% macro opening_minute(table, required) -%}
    {{ configured('opens_at', minute_of_day('opens_at'), table, 'write it like 09:00', required) }}
{%- endmacro %}


{# Minutes after the same midnight at which they close: beyond 24 hours where they run past the next one. #}
{% macro closing_minute(table, required) -%}
    {%- set opens, closes = minute_of_day('opens_at'), minute_of_day('closes_at', midnight='|24:00') -%}
    {{ configured(
        'closes_at',
        'case when ' ~ closes ~ ' < ' ~ opens ~ ' then 1440 + ' ~ closes
        ~ ' when ' ~ opens ~ ' is null or ' ~ closes ~ ' > ' ~ opens ~ ' then ' ~ closes ~ ' end',
        table, 'write it like 17:00 or 24:00, and not the time at which it opens: all day is 00:00 to 24:00', required
    ) }}
{%- endmacro %}


{# HH:MM as minutes after midnight; null where it cannot be read. 24:00 is a time to close at, and none to open at. #}
{% macro minute_of_day(text, midnight='') -%}
    case
        when {{ text_matches(text, '(([01]?[0-9]|2[0-3]):[0-5][0-9]' ~ midnight ~ ')(:00)?') }}
            then 60 * cast(split_part({{ text }}, ':', 1) as integer) + cast(split_part({{ text }}, ':', 2) as integer)
    end
{%- endmacro %}


{# A local time: so many minutes on the clock after the midnight of a local date. #}
{% macro minutes_after(date, minutes) -%}
    cast({{ date }} as timestamp) + {{ minutes }} * interval 1 minute
{%- endmacro %}


{# How far past as_of the open intervals are laid out: a due time beyond is not known. #}
{% macro business_time_horizon_days() %}400{% endmacro %}
