{#
    Before anything is built: stop with one sentence for each thing wrong with MESSAGING_RAW, naming the file or table
    and the remedy. Files are looked at by `messaging_warehouse.raw_input` through the function that the DuckDB
    plugin registers; without the plugin the engine's own errors remain.
#}
{% macro refuse_bad_raw_input() %}
    {% if not execute or flags.WHICH not in ('run', 'build', 'compile') or raw_mode() == 'demo' %}
        {{ return('') }}
    {% endif %}
    {% set contract = raw_contract() %}
    {% if raw_mode() == 'schema' %}
        {% set problems = raw_schema_problems(contract) %}
    {% else %}
        {% set problems = raw_folder_problems(contract) %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('\n'.join(problems)) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{# {table: [column, …]} of the raw contract, as the base views' YAML states it. #}
{% macro raw_contract() %}
    {% set contract = {} %}
    {% for node in graph.nodes.values() %}
        {% if node.resource_type == 'model' and node.config.meta.get('raw_table') %}
            {% do contract.update({node.config.meta.raw_table: node.columns.keys() | list}) %}
        {% endif %}
    {% endfor %}
    {{ return(contract) }}
{% endmacro %}


{% macro raw_folder_problems(contract) %}
    {% set registered = run_query(
        "select count(*) from duckdb_functions() where function_name = 'raw_input_problems'"
    ).columns[0].values()[0] %}
    {% if not registered %}
        {{ return([]) }}
    {% endif %}
    {% set found = run_query(
        "select raw_input_problems('" ~ raw_location() | replace("'", "''") ~ "', '" ~ tojson(contract) ~ "')"
    ).columns[0].values()[0] %}
    {{ return(found.split('\n') if found else []) }}
{% endmacro %}


{% macro raw_schema_problems(contract) %}
    {% set place = raw_schema() %}
    {% set name = place.database ~ '.' ~ place.schema %}
    {% if place.database == target.database and place.schema in [target.schema, 'staging', 'intermediate', 'demo', 'config'] %}
        {{ return(["MESSAGING_RAW: the project writes to schema " ~ name ~ "; keep your raw tables in a schema of their own and name that."]) }}
    {% endif %}
    {% set columns_by_table = {} %}
    {% for row in run_query(
        "select table_name, column_name from duckdb_columns() where database_name = '" ~ place.database
        ~ "' and schema_name = '" ~ place.schema ~ "'"
    ).rows %}
        {% do columns_by_table.setdefault(row[0] | lower, []).append(row[1] | lower) %}
    {% endfor %}
    {% set problems = [] %}
    {% if 'raw_conversation_events' not in columns_by_table %}
        {% do problems.append(
            "MESSAGING_RAW: there is no table " ~ name ~ ".raw_conversation_events; name the schema (or "
            ~ "<database>.<schema>, with the file in MESSAGING_ATTACH) that holds your event log."
        ) %}
    {% endif %}
    {% for table, columns in contract.items() %}
        {% for column in columns %}
            {% if table in columns_by_table and column not in columns_by_table[table] %}
                {% do problems.append(
                    name ~ "." ~ table ~ ": column " ~ column ~ " is missing; add it (it may be null), as the raw contract says."
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}
