{#
    Before anything is built: stop with one sentence for each thing wrong with MESSAGING_RAW, naming the file or table
    and the remedy. Files are looked at by `messaging_warehouse.raw_input` through the function that the DuckDB
    plugin registers; without the plugin the engine's own errors remain.
#}
{% macro refuse_bad_raw_input() %}
    {% if not is_about_to_build() or raw_mode() == 'demo' %}
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


{# True in the hooks of a command that writes. `dbt seed` is one: it could write into a user's own schema. #}
{% macro is_about_to_build() %}
    {{ return(execute and flags.WHICH in ('run', 'build', 'seed')) }}
{% endmacro %}


{# {table: [column, …]} of the raw contract, as the base views' YAML states it. #}
{% macro raw_contract() %}
    {% set contract = {} %}
    {% for node in graph.nodes.values() %}
        {% if node.resource_type == 'model' and node.config.meta.get('raw_table') %}
            {% do contract.update({node.config.meta.raw_table: contract_columns(node) | map(attribute='name') | list}) %}
        {% endif %}
    {% endfor %}
    {{ return(contract) }}
{% endmacro %}


{% macro raw_folder_problems(contract) %}
    {% if not has_function('raw_input_problems') %}
        {{ return([]) }}
    {% endif %}
    {% set found = run_query(
        "select raw_input_problems(" ~ raw_literal(raw_location()) ~ ", " ~ raw_literal(tojson(contract)) ~ ", "
        ~ raw_literal(tojson(raw_files_known())) ~ ")"
    ).columns[0].values()[0] %}
    {{ return(found.split('\n') if found else []) }}
{% endmacro %}


{# Whether the DuckDB plugin has registered a function of its own. #}
{% macro has_function(name) %}
    {% set found = run_query("select count(*) from duckdb_functions() where function_name = '" ~ name ~ "'") %}
    {{ return(found.columns[0].values()[0] > 0) }}
{% endmacro %}


{% macro raw_schema_problems(contract) %}
    {% set place = raw_schema() %}
    {% set name = place.database ~ '.' ~ place.schema %}
    {% if place.database | lower == target.database | lower and place.schema | lower in schemas_written() %}
        {{ return(["MESSAGING_RAW: the project writes to schema " ~ name ~ "; keep your raw tables in a schema of their own and name that."]) }}
    {% endif %}
    {% set attached = env_var('MESSAGING_ATTACH', '') %}
    {% if attached and not run_query("select 1 from duckdb_databases() where path = " ~ raw_literal(attached)).rows %}
        {{ return(["MESSAGING_ATTACH: there is no file " ~ attached ~ "; give the DuckDB file that holds your raw tables."]) }}
    {% endif %}
    {% set tables = raw_schema_tables() %}
    {% set problems = [] %}
    {% if 'raw_conversation_events' not in tables %}
        {% do problems.append(
            "MESSAGING_RAW: there is no table " ~ name ~ ".raw_conversation_events; name the schema (or "
            ~ "<database>.<schema>, with the file in MESSAGING_ATTACH) that holds your event log."
        ) %}
    {% endif %}
    {% for table, columns in contract.items() if table in tables %}
        {% set missing = columns | reject('in', tables[table]) | list %}
        {% if missing %}
            {% do problems.append(
                name ~ "." ~ table ~ ": column " ~ missing | join(', ') ~ " is missing; add it (it may be null), as the raw contract says."
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{# The schemas that models and seeds go to, in small letters; the demo's is named because its seeds are disabled now. #}
{% macro schemas_written() %}
    {% set schemas = ['demo'] %}
    {% for node in graph.nodes.values() if node.resource_type in ('model', 'seed') %}
        {% do schemas.append(node.schema | lower) %}
    {% endfor %}
    {{ return(schemas) }}
{% endmacro %}
