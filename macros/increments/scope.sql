{#
    Whether a build may build on the last one, or makes everything anew. It may where a build has been completed with the
    same definitions (vars, configuration, code) and no later `as_of`; `int_build_scope` says so for all models after it,
    and staging, which comes before, asks for the definitions alone.
#}
{% macro builds_on_the_last() %}
    {% if not execute or model.resource_type != 'model' %}
        {{ return(false) }}
    {% endif %}
    {% if 'builds_on_the_last' not in model %}    {#- asked once while a model is rendered: a question costs as much as a table -#}
        {% set relation = standing('stg_messaging__definitions' if 'staging' in model.fqn else 'int_build_scope') %}
        {% do model.update(builds_on_the_last=false if relation is none else
            run_query('select coalesce(bool_and(builds_on_the_last), false) from ' ~ relation).columns[0].values()[0]) %}
    {% endif %}
    {{ return(model.builds_on_the_last) }}
{% endmacro %}


{# For the models of the working set, which are no incremental ones: whether they hold what is touched, and no more. #}
{% macro is_partial_build() %}
    {{ return(not flags.FULL_REFRESH and builds_on_the_last()) }}
{% endmacro %}


{# dbt asks this of every incremental model. What has touched every day of a mart makes the mart anew. #}
{% macro should_full_refresh() %}
    {{ return(flags.FULL_REFRESH or not builds_on_the_last() or every_day_is_touched()) }}
{% endmacro %}


{#
    A model as the last build left it. There is no edge to it in the graph, so only what comes before that model may
    read it: a build first finds out what is touched, and then replaces it. Null where no build has left one.
#}
{% macro standing(name) %}
    {% if not execute %}
        {{ return(none) }}
    {% endif %}
    {% set node = graph.nodes['model.messaging_warehouse.' ~ name] %}
    {{ return(load_relation(api.Relation.create(database=target.database or none, schema=node.schema, identifier=node.alias))) }}
{% endmacro %}


{# Whether all tables that keep what earlier builds did are there. One that was dropped would be filled with what is touched alone, and
   of a ledger the raw rows are to be read again: then everything is made anew. #}
{% macro all_that_is_kept_stands() %}
    {{ return(tables_that_are_gone(models_of_project()) | length == 0) }}
{% endmacro %}


{# Those of some models that keep what earlier builds did, and are not there. #}
{% macro tables_that_are_gone(models) %}
    {% set found = [] %}
    {% for unique_id in models if graph.nodes[unique_id].config.materialized == 'incremental' and not stands(graph.nodes[unique_id]) %}
        {% do found.append(graph.nodes[unique_id].name) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# Rows of the touched conversations; all of them in a build that makes everything anew. #}
{% macro in_touched_conversations(column='conversation_id') -%}
    {%- if is_partial_build() -%}
        coalesce({{ column }}, '') in (select conversation_id from {{ standing('int_conversations_touched') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# A stored table's rows of the touched conversations, to select from; in a build that makes everything anew the table. #}
{% macro of_touched_conversations(relation) -%}
    {%- if is_partial_build() -%}
    (
        {%- for lie in lies_in_touched_time(relation.identifier) %}
        {{ 'union all' if not loop.first }}
        select * from {{ relation }} where {{ in_touched_conversations() }}{{ lie }}
        {%- endfor %}
    )
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# The rows of a stored table whose time is a moment or later, or is null, since it is yet to come: to select from. Asked twice,
   because the engine skips what lies before the moment, and what has a time, if each is asked alone. #}
{% macro rows_since(relation, time, moment, operator='>=') -%}
    (
        select * from {{ relation }}
        where {{ time }} {{ operator }} {{ moment }}
        union all
        select * from {{ relation }}
        where {{ time }} is null
    )
{%- endmacro %}


{# The conversation of a delivery, as a unit. What names none is judged alone, and nobody would want all of it, since ever, to be
   judged anew for one more: it belongs to the day of its receipt, as that was delivered. #}
{% macro conversation_of_delivery(received_at=raw_text_of('received_at')) -%}
    coalesce(conversation_id, ' ' || coalesce(left({{ received_at }}, 10), ''))
{%- endmacro %}


{# A moment (milliseconds) before which nothing lies that a delivery makes: it was not received earlier, nor did it happen. #}
{% macro first_moment_of_delivery() -%}
    least(
        coalesce({{ epoch_milliseconds('received_at') }}, {{ for_ever_ms() }}),
        case when rejection_reason is null then {{ epoch_milliseconds('occurred_at') }} else {{ for_ever_ms() }} end
    )
{%- endmacro %}


{# The earliest of some moments (milliseconds), to be asked for. Of none it is for ever, so that the engine skips all: with a null
   it would look through all, and find nothing. #}
{% macro earliest_of(relation, moment='first_ms') -%}
    (select {{ timestamp_from_milliseconds('coalesce(min(' ~ moment ~ '), ' ~ for_ever_ms() ~ ')') }} from {{ relation }})
{%- endmacro %}


{# A select of conversations, each with its first moment: the deliveries that the last build knew, and those that have come or
   gone since, lie no earlier. Of what nobody knows it is since ever. #}
{% macro with_first_moments(conversations) -%}
    select
        found.conversation_id,
        coalesce(min(known.first_ms), {{ since_ever_ms() }}) as first_ms
    from {{ conversations }} as found
    left join (      -- of all conversations only these are kept: few, of many
        select
            conversation_id,
            first_ms
        from {{ standing('int_conversation_deliveries_tallied') }}
        where conversation_id in (select conversation_id from {{ conversations }})
        union all
        select
            conversation_id,
            first_ms
        from {{ ref('int_conversations_delivered') }}
    ) as known on found.conversation_id = known.conversation_id
    group by found.conversation_id
{%- endmacro %}


{# The rows of the ledger of some conversations (a relation with their first moments), to select from. Asked twice, because the
   engine skips what lies before a moment, and what has none, if each is asked alone. #}
{% macro deliveries_of(conversations) -%}
    {%- set ledger = ref('stg_messaging__conversation_event_ledger') -%}
    {%- set are_theirs = conversation_of_delivery() ~ ' in (select conversation_id from ' ~ conversations ~ ')' -%}
    (
        select * from {{ ledger }}
        where
            {{ are_theirs }}
            and received_at >= {{ earliest_of(conversations) }}
        union all
        select * from {{ ledger }}
        where {{ are_theirs }} and received_at is null
    )
{%- endmacro %}


{# Where a model says by what time its rows lie: what lies before the first moment of the touched conversations is none of theirs,
   and the engine skips it. A list of conditions, of which each row of theirs meets one: with a time that is never null
   (meta.lies_by) there is one, else (meta.lies_by_unless_null) another for those that have none. No local day is two days
   from the day in UTC. #}
{% macro lies_in_touched_time(name) %}
    {% set meta = graph.nodes['model.messaging_warehouse.' ~ name].config.meta if execute else {} %}
    {% set time = meta.get('lies_by') or meta.get('lies_by_unless_null') %}
    {% if not time %}
        {{ return(['']) }}
    {% endif %}
    {% set lies_late = ' and ' ~ time ~ ' >= cast(' ~ earliest_of(standing('int_conversations_touched')) ~ ' - interval 2 day as date)' %}
    {{ return([lies_late] if meta.get('lies_by') else [lies_late, ' and ' ~ time ~ ' is null']) }}
{% endmacro %}


{# What a model must not be built before, though it reads it in a partial build alone, or not at all: dbt takes edges from
   the refs that it sees while it parses, and unit tests from those that are used. #}
{% macro waits_for() %}
    {% if not execute %}
        {% for name in varargs %}
            {% do ref(name) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
