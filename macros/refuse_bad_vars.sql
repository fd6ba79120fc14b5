{# Before anything is built: stop with one sentence for a var that cannot mean anything. #}
{% macro refuse_bad_vars() %}
    {% if not execute or flags.WHICH not in ('run', 'build', 'compile') %}
        {{ return('') }}
    {% endif %}
    {% if var('as_of') is not none and run_query('select ' ~ as_of_given()).columns[0].values()[0] is none %}
        {% do exceptions.raise_compiler_error(
            "var as_of: '" ~ var('as_of') ~ "' is not a timestamp; write it like 2026-03-15T18:00:00Z, or now."
        ) %}
    {% endif %}
    {% if not run_query(
        "select 1 from pg_timezone_names() where name = '" ~ var('reporting_timezone') ~ "'"
    ).rows %}
        {% do exceptions.raise_compiler_error(
            "var reporting_timezone: '" ~ var('reporting_timezone') ~ "' is not a time zone; write an IANA name like Europe/Berlin."
        ) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}
