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
    {% set publication = fromjson(run_query(
        "select publish_serving_copy(" ~ raw_literal(location) ~ ", " ~ raw_literal(invocation_id) ~ ", "
        ~ raw_literal(target.schema) ~ ", " ~ raw_literal(tojson(published_relations(results))) ~ ", "
        ~ raw_literal(last_publication()) ~ ")"
    ).columns[0].values()[0]) %}
    {% if publication.problem %}
        {{ return(refuse_with(publication.problem)) }}
    {% endif %}
    {% do at_once(journal_publication(publication)) %}
    {{ return('') }}
{% endmacro %}


{# A hook that fails in the engine is a failed hook; one that fails while it is rendered would end dbt half-way. #}
{% macro refuse_with(sentence) %}{{ return('select ' ~ stop_with(raw_literal(sentence))) }}{% endmacro %}


{# The file that readers open: MESSAGING_SERVING, else beside the warehouse; null where nothing is to be published. #}
{% macro serving_location() %}
    {% set path = warehouse_path() %}
    {% set beside = path.removesuffix('.duckdb') ~ '_serving.duckdb' if path and ':' not in path else 'none' %}
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
    {% set changed = tables_of_changes() %}
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
            'changes': {
                'gone': journal('gone__' ~ node.alias) | string,
                'came': journal('came__' ~ node.alias) | string,
                'grain': node.config.meta.get('grain', []),
            } if 'gone__' ~ node.alias in changed and 'came__' ~ node.alias in changed else none,
        }) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}


{#
    When the new copy may be made out of the last one: core and marts differ from what was last published by no more than
    what this build has written down. journal.published holds the last publication until a build begins that does not
    end with one: the first build that begins after it enters itself (`next_build_id`), the second finds that and removes
    the row. So a build that finds its own id there is the only one since.
#}
{% macro begin_changes() %}
    {% set statements %}
        delete from {{ journal('published') }} where next_build_id is not null;
        update {{ journal('published') }} set next_build_id = '{{ invocation_id }}'
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# The last publication as JSON, if this build alone has come after it. #}
{% macro last_publication() %}
    {% set columns = ['build_id', 'file', 'form', 'is_whole'] %}
    {% set found = run_query(
        'select ' ~ columns | join(', ') ~ ' from ' ~ journal('published') ~ " where next_build_id = '" ~ invocation_id ~ "'"
    ).rows %}
    {{ return(tojson(dict(zip(columns, found[0]))) if found else '') }}
{% endmacro %}


{# What must not stay in any part of the file, not even where nothing points to, calls for a whole copy: say so within the build. #}
{% macro publish_whole() %}{{ return('delete from ' ~ journal('published')) }}{% endmacro %}


{% macro journal_publication(publication) %}
    {% set statements %}
        delete from {{ journal('published') }};
        insert into {{ journal('published') }} (build_id, file, form, is_whole)
        values ('{{ publication.build_id }}', '{{ publication.file }}', '{{ publication.form }}', {{ publication.is_whole }})
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{% macro drop_changes() %}
    {% set statements = [] %}
    {% for table in tables_of_changes() %}
        {% do statements.append('drop table if exists ' ~ journal(table)) %}
    {% endfor %}
    {{ return(statements | join('; ')) }}
{% endmacro %}


{# The tables in which a build has written down what it deleted and inserted. #}
{% macro tables_of_changes() %}
    {% set names = [] %}
    {% for name in tables_of_schema('journal') if name.startswith('gone__') or name.startswith('came__') %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
