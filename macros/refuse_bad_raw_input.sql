{#
    Before anything is built: stop with one sentence for each thing wrong with MESSAGING_RAW, naming the file or table
    and the remedy. Files are looked at by `messaging_warehouse.raw_input` through the function that the DuckDB
    plugin registers; without the plugin the engine's own errors remain.
#}
{% macro refuse_bad_raw_input() %}
    {% if not is_about_to_build() or raw_mode() == 'demo' %}
        {{ return('') }}
    {% endif %}
    {% set expected = expected_columns() %}
    {% if source_adapter() and not has_adapter() %}
        {% set problems = [
            "MESSAGING_SOURCE: there is no source '" ~ source_adapter() ~ "'; write " ~ source_adapters().keys() | join(' or ')
            ~ ", or leave it unset for tables of the raw contract."
        ] %}
    {% elif source_adapter() and not reads_objects() %}
        {% set problems = ["MESSAGING_SOURCE: a platform's objects are read with DuckDB alone; build with --target duckdb."] %}
    {% elif raw_place() == 'schema' %}
        {% set problems = raw_schema_problems(expected) %}
    {% else %}
        {% set problems = raw_folder_problems(expected) %}
    {% endif %}
    {% if has_adapter() and not problems %}
        {% set problems = object_problems() %}
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


{# {table: [column, …]} that must be there where the table is. Of an adapter's objects that is the id: a field that an export
   leaves out is null. #}
{% macro expected_columns() %}
    {% if raw_mode() != 'adapter' %}
        {{ return(raw_contract()) }}
    {% endif %}
    {% set expected = {} %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('raw_object') %}
        {% do expected.update({node.config.meta.raw_object: ['id']}) %}
    {% endfor %}
    {% for table, columns in raw_contract().items() if not adapter_model(table) %}
        {% do expected.update({table: columns}) %}
    {% endfor %}
    {{ return(expected) }}
{% endmacro %}


{% macro raw_folder_problems(expected) %}
    {% if not has_function('raw_input_problems') %}
        {{ return([]) }}
    {% endif %}
    {% set found = run_query(
        "select raw_input_problems(" ~ raw_literal(raw_location()) ~ ", " ~ raw_literal(tojson(expected)) ~ ", "
        ~ raw_literal(tojson(raw_files_known())) ~ ", " ~ raw_literal(source_adapters().get(source_adapter(), '')) ~ ")"
    ).columns[0].values()[0] %}
    {{ return(found.split('\n') if found else []) }}
{% endmacro %}


{% macro raw_schema_problems(expected) %}
    {% set place = raw_schema() %}
    {% set name = place.database ~ '.' ~ place.schema %}
    {% if place.database | lower == target.database | lower and place.schema | lower in schemas_written() %}
        {{ return(["MESSAGING_RAW: the project writes to schema " ~ name ~ "; keep your raw tables in a schema of their own and name that."]) }}
    {% endif %}
    {% set attached = env_var('MESSAGING_ATTACH', '') %}
    {% if attached and attached not in attached_files() %}
        {{ return(["MESSAGING_ATTACH: there is no file " ~ attached ~ "; give the DuckDB file that holds your raw tables."]) }}
    {% endif %}
    {% set tables = raw_schema_tables() %}
    {% set problems = [] %}
    {% set required_object = source_adapters().get(source_adapter()) %}
    {% if required_object and not object_spellings(required_object) | select('in', tables) | list %}
        {% do problems.append(
            "MESSAGING_RAW: there is no table " ~ name ~ "." ~ required_object ~ "; name the schema (or "
            ~ "<database>.<schema>, with the file in MESSAGING_ATTACH) that holds the platform's objects under their API names."
        ) %}
    {% elif not required_object and 'raw_conversation_events' not in tables %}
        {% do problems.append(
            "MESSAGING_RAW: there is no table " ~ name ~ ".raw_conversation_events; name the schema (or "
            ~ "<database>.<schema>, with the file in MESSAGING_ATTACH) that holds your event log."
        ) %}
    {% endif %}
    {% for table, columns in expected.items() %}
        {% set spelt = object_spellings(table) | select('in', tables) | list %}
        {% set missing = columns | reject('in', tables[spelt[0]]) | list if spelt else [] %}
        {% if spelt | length > 1 %}
            {% do problems.append(name ~ ": tables " ~ spelt | join(' and ') ~ " are one object, " ~ table ~ "; keep one of them.") %}
        {% elif missing and columns == ['id'] %}
            {% do problems.append(name ~ "." ~ table ~ ": column Id is missing; load the object with it.") %}
        {% elif missing %}
            {% do problems.append(
                name ~ "." ~ table ~ ": column " ~ missing | join(', ') ~ " is missing; add it (it may be null), as the raw contract says."
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{# The schemas that models and seeds go to, in small letters; the demo's is named because its seeds are disabled now. #}
{% macro schemas_written() %}
    {% set schemas = ['demo'] + ([] if has_transactions() else ['journal', 'stored']) %}
    {% for node in graph.nodes.values() if node.resource_type in ('model', 'seed') %}
        {% do schemas.append(node.schema | lower) %}
    {% endfor %}
    {{ return(schemas) }}
{% endmacro %}
