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
            'changes': changes_of(node, '', changed),
            'changes_before': changes_of(node, 'before__', changed),
        }) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}


{# The tables of what was deleted from and inserted into a relation, in this build or the one before; null where none were written. #}
{% macro changes_of(node, when, changed) %}
    {% set gone, came = when ~ 'gone__' ~ node.alias, when ~ 'came__' ~ node.alias %}
    {% if gone not in changed or came not in changed %}
        {{ return(none) }}
    {% endif %}
    {{ return({
        'gone': journal(gone) | string, 'came': journal(came) | string, 'grain': node.config.meta.get('grain', [])
    }) }}
{% endmacro %}


{#
    When the new copy may be made out of the last one: core and marts differ from what was last published by no more than
    what this build has written down. journal.published holds the last publication until a build begins that does not
    end with one: the first build that begins after it enters itself (`next_build_id`), the second finds that and removes
    the row. So a build that finds its own id there is the only one since.

    journal.spare says of which build the copy before the last one was, where that is kept; before__gone__x and
    before__came__x are what the last build changed since. They are of use as long as the last publication is.
#}
{% macro begin_changes() %}
    {% set statements %}
        delete from {{ journal('published') }} where next_build_id is not null;
        update {{ journal('published') }} set next_build_id = '{{ invocation_id }}';
        delete from {{ journal('spare') }} where not exists (select 1 from {{ journal('published') }})
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# The last publication as JSON, if this build alone has come after it. #}
{% macro last_publication() %}
    {% set columns = ['build_id', 'file', 'form', 'is_whole', 'spare_build_id', 'spare_file'] %}
    {% set found = run_query(
        "select published.build_id, published.file, form, is_whole, coalesce(spare.build_id, ''), coalesce(spare.file, '') from "
        ~ journal('published') ~ " as published left join " ~ journal('spare')
        ~ " as spare on true where next_build_id = '" ~ invocation_id ~ "'"
    ).rows %}
    {{ return(tojson(dict(zip(columns, found[0]))) if found else '') }}
{% endmacro %}


{# What must not stay in any part of the file, not even where nothing points to, calls for a whole copy: say so within the build. #}
{% macro publish_whole() %}{{ return('delete from ' ~ journal('published')) }}{% endmacro %}


{# In one step: what the next publication is told to build upon, and the changes that it then needs. #}
{% macro journal_publication(publication) %}
    {% set statements %}
        delete from {{ journal('published') }};
        insert into {{ journal('published') }} (build_id, file, form, is_whole)
        values ('{{ publication.build_id }}', '{{ publication.file }}', '{{ publication.form }}', {{ publication.is_whole }});
        delete from {{ journal('spare') }};
        {%- if publication.spare_file %}
        insert into {{ journal('spare') }} (build_id, file)
        values ('{{ publication.spare_build_id }}', '{{ publication.spare_file }}');
        {%- endif %}
        {%- for table in tables_of_changes() if table.startswith('before__') or publication.spare_file %}
        {{ 'drop table ' ~ journal(table) if table.startswith('before__')
            else 'alter table ' ~ journal(table) ~ ' rename to before__' ~ table }};
        {%- endfor %}
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# Removes what is of no use to the next publication: what a build has written down and not published, and what was kept for one
   that can no longer be made so. It may be what people wrote. #}
{% macro drop_changes() %}
    {% set statements = [] %}
    {% set is_usable = spare_is_usable() %}
    {% for table in tables_of_changes() if not (table.startswith('before__') and is_usable) %}
        {% do statements.append('drop table if exists ' ~ journal(table)) %}
    {% endfor %}
    {{ return(statements | join('; ')) }}
{% endmacro %}


{# Whether no build has begun since the last publication, and that has kept a spare. #}
{% macro spare_is_usable() %}
    {{ return('spare' in tables_of_schema('journal') and run_query(
        "select count(*) from " ~ journal('published') ~ ", " ~ journal('spare') ~ " where next_build_id is null"
    ).columns[0].values()[0] > 0) }}
{% endmacro %}


{# The tables in which a build has written down what it deleted and inserted, those of the one before first. #}
{% macro tables_of_changes() %}
    {% set names = [] %}
    {% for name in tables_of_schema('journal') | sort if name.removeprefix('before__')[:6] in ('gone__', 'came__') %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
