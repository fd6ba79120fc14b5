{#
    The serving copy: core and marts of the last good build as one file, which readers open while the next is built. They
    never wait for a build, nor it for them. `messaging_warehouse.serving` makes the file and renames it onto the old
    one, through the function that the DuckDB plugin registers.
#}
{% macro publish_serving_copy(results) %}
    {% set location = serving_location() %}
    {% if not location or not is_whole_build(results) %}
        {{ return('') }}
    {% elif not has_function('publish_serving_copy') %}
        {{ return(refuse_with(
            "MESSAGING_SERVING: nothing was published; give the profile the plugin messaging_warehouse.dbt_plugin, or say none."
        )) }}
    {% endif %}
    {% set problem = run_query(
        "select publish_serving_copy(" ~ raw_literal(location) ~ ", " ~ raw_literal(invocation_id) ~ ", "
        ~ raw_literal(target.schema) ~ ", " ~ raw_literal(tojson(published_relations(results))) ~ ")"
    ).columns[0].values()[0] %}
    {{ return(refuse_with(problem) if problem else '') }}
{% endmacro %}


{# A hook that fails in the engine is a failed hook; one that fails while it is rendered would end dbt half-way. #}
{% macro refuse_with(sentence) %}{{ return('select ' ~ stop_with(raw_literal(sentence))) }}{% endmacro %}


{# The file that readers open: MESSAGING_SERVING, else beside the warehouse; null where nothing is to be published. #}
{% macro serving_location() %}
    {% set is_a_file = target.type == 'duckdb' and ':' not in target.path %}
    {% set beside = target.path.removesuffix('.duckdb') ~ '_serving.duckdb' if is_a_file else 'none' %}
    {% set location = env_var('MESSAGING_SERVING', beside) %}
    {{ return(none if location in ('', 'none') else location) }}
{% endmacro %}


{# True where all models were built and nothing, no test either, failed or was skipped. #}
{% macro is_whole_build(results) %}
    {% for result in results if result.status in ('error', 'fail', 'skipped', 'runtime error') %}
        {{ return(false) }}
    {% endfor %}
    {{ return(is_whole_dag(results)) }}
{% endmacro %}


{# What is published: the relations of the target's own schema, in the order in which they were built. #}
{% macro published_relations(results) %}
    {% set relations = [] %}
    {% for node in results | map(attribute='node') if node.resource_type == 'model' and node.schema == target.schema %}
        {% set columns = {} %}
        {% for column in node.columns.values() %}
            {% do columns.update({column.name: column.description}) %}
        {% endfor %}
        {% do relations.append({
            'name': node.alias,
            'description': node.description,
            'columns': columns,
            'view': without_database(node.compiled_code) if node.config.materialized == 'view' else none,
        }) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}
