{#
    A build that dies half-way, or fails, must not look like a good one. `dim_build.build_state` says it:

    building     a build is under way, or was killed
    incomplete   the last build failed after it had begun to replace core or marts
    complete     core and marts are all of this build

    The table is written as `building`; the hooks below do the rest. A run that touches neither core nor marts (a guard
    stopped it, or it had other models to build) leaves the state as it found it.
#}

{% macro begin_build() %}
    {% set dim_build = dim_build_with_state() %}
    {% if not dim_build %}
        {{ return('') }}
    {% endif %}
    {{ return(at_once(
        "update " ~ dim_build ~ " set build_state = case build_state when 'complete' then 'building' else 'incomplete' end"
    )) }}
{% endmacro %}


{% macro finish_build(results) %}
    {% set dim_build = dim_build_with_state() %}
    {% if not dim_build %}
        {{ return('') }}
    {% endif %}
    {% set seen = namespace(touched=false, failed=false) %}
    {% for result in results %}
        {% if result.status in ('error', 'fail', 'skipped', 'runtime error') %}
            {% set seen.failed = true %}
        {% endif %}
        {% if result.node.resource_type == 'model' and result.node.schema == target.schema and result.status in ('success', 'error') %}
            {% set seen.touched = true %}
        {% endif %}
    {% endfor %}
    {% set state = "'incomplete'" if seen.touched and seen.failed else "'complete'" if seen.touched
        else "case build_state when 'building' then 'complete' else build_state end" %}
    {% do run_query(at_once('update ' ~ dim_build ~ ' set build_state = ' ~ state)) %}
    {{ return(publish_serving_copy(results)) }}
{% endmacro %}


{# dbt rolls its hooks' transaction back at the end of a run; the state must outlive it. #}
{% macro at_once(statement) %}
    {{ return('commit; ' ~ statement ~ '; begin transaction') }}
{% endmacro %}


{# `dim_build` where a build has left one, while dbt builds something; else null. #}
{% macro dim_build_with_state() %}
    {% if not execute or flags.WHICH not in ('run', 'build') %}
        {{ return(none) }}
    {% endif %}
    {% set relation = adapter.get_relation(database=target.database, schema=target.schema, identifier='dim_build') %}
    {% if relation and 'build_state' in adapter.get_columns_in_relation(relation) | map(attribute='name') %}
        {{ return(relation) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
