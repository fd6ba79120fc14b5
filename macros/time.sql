{#
    Time is UTC, to the millisecond. Durations are whole milliseconds inside and decimal(18,3) seconds outside, so that
    sums are exact and do not depend on the order of their rows.
#}

{# A timestamp out of a raw column, or null where it cannot be read. The one place where text becomes time: it honours
   the offset, takes no zone for UTC, and refuses what the engine would guess at (`epoch`, `infinity`, `24:00`, zone
   names, bare dates). Typed columns pass. `bare_dates`: a date alone is its midnight. #}
{% macro utc_timestamp(column, bare_dates=false) -%}
    {%- set time_of_day = '[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?' -%}
    {%- set pattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}' ~ ('(' ~ time_of_day ~ ')?' if bare_dates else time_of_day) -%}
    case
        when not ({{ is_text(column) }}) or {{ text_matches('cast(' ~ column ~ ' as varchar)', pattern) }}
            then coalesce({{ utc_milliseconds(column) }}, {{ utc_milliseconds(with_seconds('cast(' ~ column ~ ' as varchar)')) }})
    end
{%- endmacro %}


{# Seconds from start to end: null until both exist, and null where they run backwards (see `is_clock_anomaly`). #}
{% macro seconds_between(start, end) -%}
    case when {{ end }} >= {{ start }} then {{ seconds_from_milliseconds(milliseconds_between(start, end)) }} end
{%- endmacro %}


{# True where the clocks of two events disagree, so that their duration is null. #}
{% macro is_clock_anomaly(start, end) -%}
    coalesce({{ end }} < {{ start }}, false)
{%- endmacro %}


{% macro seconds_from_milliseconds(milliseconds) -%}
    cast(({{ milliseconds }}) * 0.001 as decimal(18, 3))
{%- endmacro %}


{# Exact mean of seconds, half up at the millisecond: (2·sum + n) div (2·n) over whole milliseconds. Null without rows. #}
{% macro mean_seconds(sum_of_seconds, row_count) -%}
    {%- set twice_milliseconds = '2 * cast(1000 * (' ~ sum_of_seconds ~ ') as bigint)' -%}
    {{ seconds_from_milliseconds(integer_quotient(twice_milliseconds ~ ' + ' ~ row_count, 'nullif(2 * ' ~ row_count ~ ', 0)')) }}
{%- endmacro %}


{% macro hours_after(timestamp, hours) -%}
    {{ timestamp }} + interval {{ hours }} hour
{%- endmacro %}


{# The day in `reporting_timezone` on which something happened. Times are kept in UTC: where days are cut in it too, nothing is
   converted, which costs more than the rest of a row. #}
{% macro local_date(timestamp) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        {{ local_date_in(timestamp, var('reporting_timezone')) }}
    {%- endif -%}
{%- endmacro %}


{# First day of the week, month or quarter of a day. #}
{% macro first_day_of(period, date) -%}
    cast(date_trunc('{{ period }}', {{ date }}) as date)
{%- endmacro %}


{# Their last days. #}
{% macro last_day_of(period, date) -%}
    cast({{ first_day_of(period, date) }} + interval 1 {{ period }} - interval 1 day as date)
{%- endmacro %}


{# By which periods account usage is told. #}
{% macro period_types() %}
    {{ return(['day', 'week', 'month', 'quarter']) }}
{% endmacro %}


{# When a local day begins, in UTC. #}
{% macro local_midnight(date) -%}
    {{ local_midnight_in(date, var('reporting_timezone')) }}
{%- endmacro %}


{# When the hour began in which a moment lies: hours are cut from the start of its local day, `day`, a row of dim_dates. #}
{% macro hour_of(moment, day) -%}
    {{ timestamp_from_milliseconds(
        epoch_milliseconds(day ~ '.started_at') ~ ' + 3600000 * ('
        ~ integer_quotient(milliseconds_between(day ~ '.started_at', moment), '3600000') ~ ')'
    ) }}
{%- endmacro %}


{# What the clock on the wall shows as the hour, 0 to 23, in `reporting_timezone`. #}
{% macro local_hour(timestamp) -%}
    {{ local_hour_in(timestamp, var('reporting_timezone')) }}
{%- endmacro %}


{# The `as_of` var as a timestamp, or null where the data decides. `now` is when this run started: no SQL clock. #}
{% macro as_of_given() -%}
    {%- if var('as_of') is none -%}
        cast(null as timestamp)
    {%- elif var('as_of') | string == 'now' -%}
        cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f")[:23] }}' as timestamp)
    {%- else -%}
        {{ utc_timestamp("'" ~ var('as_of') ~ "'") }}
    {%- endif -%}
{%- endmacro %}
