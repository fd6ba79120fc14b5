{# Whether the demo stands as its description prints it: its own data, at its own moment, by the definitions as they are
   delivered. With other vars other figures are right. #}
{% macro demo_is_as_printed() %}
    {{ return(
        raw_mode() == 'demo' and var('as_of') is none and var('reporting_timezone') == 'UTC'
        and var('session_inactivity_hours') == 24 and var('focus_idle_minutes') == 15
        and var('presence_stale_hours') == 24 and var('repeat_contact_days') == 7
    ) }}
{% endmacro %}
