{#
    The one place that knows where raw rows come from.

    MESSAGING_RAW unset               the demo seeds
    MESSAGING_RAW=<folder or bucket>  <folder>/<table>/*.parquet, else *.csv, else *.ndjson
    MESSAGING_RAW=schema:<schema>     tables of that schema (or schema:<database>.<schema> of an attached database)

    MESSAGING_SOURCE names a platform whose objects are there instead of the contract's tables: its adapter, the models of
    models/staging/<source>, makes those tables of them. Configuration comes from the same place under its own names.

    Only base models call it. The contract is what their YAML says: the columns with a type, in that order, and no others.
    Logs are read by parts, so that what has been read is not opened again: see raw_parts.sql.
#}

{% macro raw_location() %}
    {% set examples = 'examples/' ~ source_adapter() if has_adapter() else '' %}
    {{ return(env_var('MESSAGING_RAW', '').rstrip('/') or examples) }}
{% endmacro %}


{# In which form the raw rows lie there; `demo`: nowhere, they are the seeds. #}
{% macro raw_place() %}
    {% set location = raw_location() %}
    {{ return('demo' if location == '' else 'schema' if location.startswith('schema:') else 'files') }}
{% endmacro %}


{# Who makes the contract's tables: an adapter, or whoever laid them into that place. #}
{% macro raw_mode() %}
    {{ return('adapter' if source_adapter() else raw_place()) }}
{% endmacro %}


{% macro source_adapter() %}
    {{ return(env_var('MESSAGING_SOURCE', '')) }}
{% endmacro %}


{# {adapter: the object that it cannot do without} #}
{% macro source_adapters() %}
    {{ return({'service_cloud': 'MessagingSession'}) }}
{% endmacro %}


{% macro has_adapter() %}
    {{ return(source_adapter() in source_adapters()) }}
{% endmacro %}


{# The adapter's model of a table of the contract; null for configuration, and where there is no adapter. #}
{% macro adapter_model(name) %}
    {{ return('stg_' ~ source_adapter() ~ '__' ~ name if has_adapter() and name.startswith('raw_') else none) }}
{% endmacro %}


{# {'database': …, 'schema': …} of MESSAGING_RAW=schema:… #}
{% macro raw_schema() %}
    {% set parts = raw_location()[7:].split('.', 1) %}
    {{ return({'database': parts[0] if parts | length > 1 else target.database, 'schema': parts[-1]}) }}
{% endmacro %}


{#
    The select of a base view. `config_seed` names the project's own seed for a table that the raw location may
    replace; a raw table that is not there is empty, unless `refuse_bad_raw_input` has already refused it.
#}
{% macro raw_table(name, config_seed=none) %}
    {% set adapted = ref(adapter_model(name)) if adapter_model(name) else none %}
    {% set seed = ref(config_seed or name) if config_seed or raw_mode() == 'demo' else none %}
    {% if not execute %}
        {{ return('select 1') }}
    {% endif %}
    {% set relation = adapted or (none if raw_mode() == 'demo' else raw_relation(name)) %}
    {% if relation %}
        {{ return(raw_select(raw_column_types(relation), relation, ids=[] if adapted else record_id_columns())) }}
    {% elif seed %}
        {{ return(raw_select({}, seed)) }}
    {% endif %}
    {{ return(raw_select(none, none)) }}
{% endmacro %}


{# The contract's columns out of a relation, each as text with '' read as null, but for timestamps that are typed
   already and not read beside texts. `types` is null for a table that is not there; `ids` are columns that name records of
   a platform. #}
{% macro raw_select(types, relation, part=none, ids=[], is_text=false) %}
    select
    {% for column in contract_columns(model) %}
        {% set type = none if types is none else types.get(column.name, 'VARCHAR') %}
        {% set value = raw_column(column.name, column.data_type, type, is_text) %}
        {{ record_id(value) if column.name in ids else value }} as {{ column.name }}{{ ',' if not loop.last }}
    {% endfor %}
    {{ ', ' ~ part ~ ' as part' if part }}
    {% if relation is none %}
    where false
    {% else %}
    from {{ relation }}
    {% endif %}
{% endmacro %}


{# The part of a log that a row came in is ours to say, and no column of the contract: it has no type there. #}
{% macro contract_columns(node) %}
    {{ return(node.columns.values() | selectattr('data_type') | list) }}
{% endmacro %}


{# Who reads a raw table: the base model that is rendered, or where another looks into the table, the one that it has. #}
{% macro base_of(name) %}
    {{ return(model if 'base' in model.fqn else graph.nodes.get('model.messaging_warehouse.base_messaging__' ~ name.removeprefix('raw_'), model)) }}
{% endmacro %}


{# One column. A typed time is as exact as all times here, as text too. An id that its file has as a floating number, as
   pandas writes whole numbers of which one is missing, is the whole number. #}
{% macro raw_column(name, contract_type, type, is_text=false) %}
    {%- if type is none -%}
        cast(null as varchar)
    {%- elif contract_type == 'timestamp' and type.startswith('TIMESTAMP') -%}
        {{ 'cast(' ~ utc_milliseconds(name) ~ ' as varchar)' if is_text else name }}
    {%- elif type in ('DOUBLE', 'FLOAT') -%}
        case
            when {{ name }} = floor({{ name }}) and abs({{ name }}) < 9e15 then cast(cast({{ name }} as bigint) as varchar)
            else cast({{ name }} as varchar)
        end
    {%- elif type.startswith('STRUCT') or type.startswith('MAP') or type.endswith('[]') -%}
        cast(to_json({{ name }}) as varchar)
    {%- else -%}
        nullif(cast({{ name }} as varchar), '')
    {%- endif -%}
{% endmacro %}


{# The from-expression of one raw table, or null when there is none; of a log in files, of those `files` alone. #}
{% macro raw_relation(name, files=none) %}
    {% if raw_place() == 'schema' %}
        {% set place = raw_schema() %}
        {% set table = api.Relation.create(database=place.database, schema=place.schema, identifier=name) %}
        {{ return(table if name | lower in raw_schema_tables() else none) }}
    {% endif %}
    {% set files = raw_files(name) if files is none else files %}
    {{ return(relation_of_files(name, files) if files else none) }}
{% endmacro %}


{# Whether whoever gave the raw rows answers for this table: it came with them, or all of it is the demo. #}
{% macro is_given(name) %}
    {{ return(raw_mode() == 'demo' or not execute or adapter_model(name) is not none or raw_relation(name) is not none) }}
{% endmacro %}


{% macro raw_literal(text) %}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{% endmacro %}
