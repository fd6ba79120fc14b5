{# Reference and configuration tables are few and small, and a wrong cell there is wrong everywhere: it stops the build
   with one sentence instead of becoming null. #}

{# `required`: true, or the condition under which the cell must not be empty. #}
{% macro configured(column, value, table, remedy, required=false) -%}
    case
        when {{ column }} is not null
            then coalesce({{ value }}, {{ stop_with(
                "'" ~ table ~ ": " ~ column ~ " ''' || " ~ column ~ " || ''' cannot be read; " ~ remedy ~ ".'"
            ) }})
        {%- if required %}
        -- The empty cell is part of the sentence, so that no engine says it before it has looked at a row.
        when {{ required }}
            then {{ stop_with("'" ~ table ~ ": " ~ column ~ " is missing; " ~ remedy ~ ".' || coalesce(" ~ column ~ ", '')") }}
        {%- endif %}
    end
{%- endmacro %}


{% macro configured_timestamp(column, table) -%}
    {{ configured(column, utc_timestamp(column, bare_dates=true), table, 'write it like 2026-03-15T18:00:00Z') }}
{%- endmacro %}


{% macro configured_boolean(column, table, default) -%}
    coalesce({{ configured(column, 'try_cast(' ~ column ~ ' as boolean)', table, 'write true or false') }}, {{ default }})
{%- endmacro %}


{% macro configured_choice(column, table, choices, required=false) -%}
    {{ configured(
        column, 'case when ' ~ column ~ " in ('" ~ choices | join("', '") ~ "') then " ~ column ~ ' end', table,
        'write one of ' ~ choices | join(', '), required
    ) }}
{%- endmacro %}


{# An id that must stand in another configuration table. The project's own seeds answer for the demo alone: over other
   raw data, rows about what is not there say nothing. #}
{% macro configured_reference(column, table, relation, required=false) -%}
    {%- if is_given(table) -%}
        {{ configured(
            column, 'case when ' ~ column ~ ' in (select ' ~ column ~ ' from ' ~ relation ~ ') then ' ~ column ~ ' end', table,
            'it stands in no ' ~ relation.identifier | replace('stg_messaging__', '') ~ ': add it there or correct it here',
            required
        ) }}
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}


{# An id that must exist: `known` is a list of relations and columns that may name it, reference tables and events. An id
   that no reference table knows is a member of its dimension as soon as an event names it, so a policy may name it too. #}
{% macro configured_member(column, table, thing, known) -%}
    {%- if is_given(table) -%}
        {%- set found = [] -%}
        {%- for relation, named in known -%}
            {%- do found.append(column ~ ' in (select ' ~ named ~ ' from ' ~ relation ~ ')') -%}
        {%- endfor -%}
        {{ configured(
            column, 'case when ' ~ found | join(' or ') ~ ' then ' ~ column ~ ' end', table,
            'there is no such ' ~ thing ~ ' in raw_' ~ thing ~ 's and no event names one: add it there or correct it here'
        ) }}
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}


{# A dimension's members: the reference table's rows, and one inferred row for each id that a fact names and the
   reference table does not know. `attributes` are SQL expressions of the inferred row by column. #}
{% macro with_inferred_members(known, key, dimension, attributes) %}
with

referenced as (
    select id as {{ key }} from {{ ref('int_dimension_ids_referenced') }}
    where dimension = '{{ dimension }}'
),

inferred as (
    select
        referenced.{{ key }}
        {%- for column, expression in attributes.items() %},
        {{ expression }} as {{ column }}
        {%- endfor %}
    from referenced
    anti join {{ known }} as known using ({{ key }})
),

final as (
    select
        {{ key }}
        {%- for column in attributes %},
        {{ column }}
        {%- endfor %},
        false as is_inferred
    from {{ known }}
    union all
    select
        *,
        true as is_inferred
    from inferred
)

select * from final
{% endmacro %}
