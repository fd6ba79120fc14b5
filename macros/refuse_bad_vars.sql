{# Before anything is built: stop with one sentence for each var that cannot mean anything, and for a name that means two. #}
{% macro refuse_bad_vars() %}
    {% if not is_about_to_build() %}
        {{ return('') }}
    {% endif %}
    {% set problems = [] %}
    {% if var('as_of') is not none and not is_readable_as_of() %}
        {% do problems.append(
            "var as_of: '" ~ var('as_of') ~ "' is not a timestamp; write it like 2026-03-15T18:00:00Z, or now."
        ) %}
    {% endif %}
    {% if not run_query(
        "select 1 from (" ~ timezone_names() ~ ") where name = '" ~ var('reporting_timezone') | string | replace("'", "''") ~ "'"
    ).rows %}
        {% do problems.append(
            "var reporting_timezone: '" ~ var('reporting_timezone') ~ "' is not a time zone; write an IANA name like Europe/Berlin."
        ) %}
    {% endif %}
    {% for name in [
        'session_inactivity_hours', 'focus_idle_minutes', 'presence_stale_hours', 'repeat_contact_days',
        'clock_skew_tolerance_seconds', 'max_lateness_days', 'max_clock_gap_days', 'late_after_minutes',
        'volume_baseline_weeks', 'volume_min_weeks', 'volume_distance_factor', 'volume_min_percent', 'volume_min_events'
    ] if not (var(name) is integer and var(name) >= 0 or var(name) is none and name == 'max_lateness_days') %}
        {% do problems.append("var " ~ name ~ ": '" ~ var(name) ~ "' is not a whole number; write one from 0 up, without quotes.") %}
    {% endfor %}
    {% if var('presence_stale_hours') == 0 %}
        {% do problems.append("var presence_stale_hours: 0 would believe nobody; write a whole number from 1 up.") %}
    {% endif %}
    {% for name in ['volume_baseline_weeks', 'volume_min_weeks', 'volume_min_events'] if var(name) == 0 %}
        {% do problems.append("var " ~ name ~ ": 0 would compare with nothing; write a whole number from 1 up.") %}
    {% endfor %}
    {% set told = var('unrecorded') if var('unrecorded') is not none else [] %}
    {% set unknown = told | reject('in', recordable()) | list if told is sequence and told is not string else [told] %}
    {% if unknown %}
        {% do problems.append("var unrecorded: '" ~ unknown | join("', '") ~ "' is nothing that a source may leave out; write a list of " ~ recordable() | join(', ') ~ ".") %}
    {% endif %}
    {% set share = var('max_rejected_rate') %}
    {% if not ((share is integer or share is float) and 0 <= share <= 1) %}
        {% do problems.append("var max_rejected_rate: '" ~ share ~ "' is not a share; write a number from 0 to 1, like 0.05.") %}
    {% endif %}
    {% if target.database in graph.nodes.values() | map(attribute='schema') | list + ['journal'] %}
        {% do problems.append(
            "MESSAGING_DB: a file named " ~ target.database ~ ".duckdb is called like a schema in it, and names would mean both; "
            ~ "give it another name."
        ) %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('\n'.join(problems)) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{% macro is_readable_as_of() %}
    {{ return(
        "'" not in var('as_of') | string and run_query('select ' ~ as_of_given()).columns[0].values()[0] is not none
    ) }}
{% endmacro %}
