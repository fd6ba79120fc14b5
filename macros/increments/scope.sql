{#
    Whether a build may build on the last one, or makes everything anew. It may where a build has been completed with the
    same definitions (vars, configuration, code) and no later `as_of`; `int_build_scope` says so for all models after it,
    and staging, which comes before, asks for the definitions alone.
#}
{% macro builds_on_the_last() %}
    {% if not execute or model.resource_type != 'model' %}
        {{ return(false) }}
    {% endif %}
    {% set relation = standing('stg_messaging__definitions' if 'staging' in model.fqn else 'int_build_scope') %}
    {% if relation is none %}
        {{ return(false) }}
    {% endif %}
    {{ return(run_query('select coalesce(bool_and(builds_on_the_last), false) from ' ~ relation).columns[0].values()[0]) }}
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
    {% set node = (graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', name) | list)[0] %}
    {{ return(load_relation(api.Relation.create(database=target.database, schema=node.schema, identifier=node.alias))) }}
{% endmacro %}


{# The same for an incremental model, of which every day may be touched. #}
{% macro is_partial_model() %}
    {{ return(model.resource_type == 'model' and is_incremental()) }}
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
    {{ rows_found(relation, in_touched_conversations()) if is_partial_build() else relation }}
{%- endmacro %}


{# The same of a ledger, whose parts were written side by side: in each of them rows lie by their time of receipt. #}
{% macro deliveries_found(ledger, condition) -%}
    (
        with found as (
            select
                rowid as found_rowid,
                received_at
            from {{ ledger }}
            where {{ condition }}
        )

        select * from {{ ledger }}
        where
            rowid in (select found_rowid from found)
            and received_at in (select received_at from found)
        union all
        select * from {{ ledger }}
        where rowid in (
            select found_rowid from found
            where received_at is null
        )
    )
{%- endmacro %}


{# The few rows of a large table of which the condition is true: looked for in its columns alone, and read where they stand. A
   join reads all columns of each row that it leaves out, but not of those that lie before the first and after the last one
   asked for. So facts are stored by time (`order by`): touched rows are mostly new ones. #}
{% macro rows_found(relation, condition) -%}
    (select * from {{ relation }} where rowid in (select rowid from {{ relation }} where {{ condition }}))
{%- endmacro %}


{# What a model must not be built before, though it reads it in a partial build alone, or not at all: dbt takes edges from
   the refs that it sees while it parses, and unit tests from those that are used. #}
{% macro waits_for() %}
    {% if not execute %}
        {% for name in varargs %}
            {% do ref(name) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
