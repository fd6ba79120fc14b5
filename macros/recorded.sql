{#
    What the source does not record is not known: a figure made of it is null, and not 0. See
    docs/decisions/0050-what-is-not-recorded.md.

    focus     conversation_opened and conversation_left: without them nobody knows where an agent looked, and visits would
              be made of messages alone
#}

{# What may be missing from a source. #}
{% macro recordable() %}
    {{ return(['focus']) }}
{% endmacro %}


{# What this one does not record: the var says it, else the adapter. #}
{% macro unrecorded() %}
    {% set told = var('unrecorded') %}
    {{ return(told if told is not none else {'service_cloud': ['focus']}.get(source_adapter(), [])) }}
{% endmacro %}


{% macro is_recorded(what) %}
    {{ return(what not in unrecorded()) }}
{% endmacro %}


{# A figure of seconds; null where what it is made of is not recorded. #}
{% macro seconds_if_recorded(what, expression) -%}
    {{ expression if is_recorded(what) else 'cast(null as decimal(18, 3))' }}
{%- endmacro %}


{# A count or a sum after an outer join: where nothing was told of it there was none, unless nothing could be told. #}
{% macro or_zero(relation, name) -%}
    {%- set made_of = {
        'handled_session_count': 'focus', 'handle_seconds': 'focus', 'viewed_session_count': 'focus', 'viewing_seconds': 'focus'
    } -%}
    {{ 'coalesce(' ~ relation ~ '.' ~ name ~ ', 0)' if is_recorded(made_of.get(name)) else relation ~ '.' ~ name }}
{%- endmacro %}


{# The same under its own name. #}
{% macro count_or_zero(relation, name) -%}
    {{ or_zero(relation, name) }} as {{ name }}
{%- endmacro %}
