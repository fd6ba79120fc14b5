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


{# {table: [column, …]} of that schema, in small letters: the engine does not tell letter cases apart. #}
{% macro raw_schema_tables() %}
    {% set place = raw_schema() %}
    {% set tables = {} %}
    {% for row in run_query(
        "select lower(table_name), lower(column_name) from duckdb_columns() where lower(database_name) = lower("
        ~ raw_literal(place.database) ~ ") and lower(schema_name) = lower(" ~ raw_literal(place.schema) ~ ")"
    ).rows %}
        {% do tables.setdefault(row[0], []).append(row[1]) %}
    {% endfor %}
    {{ return(tables) }}
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
   already. `types` is null for a table that is not there; `ids` are columns that name records of a platform. #}
{% macro raw_select(types, relation, part=none, ids=[]) %}
    select
    {% for column in contract_columns(model) %}
        {% set type = none if types is none else types.get(column.name, 'VARCHAR') %}
        {% set value = raw_column(column.name, column.data_type, type) %}
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


{% macro raw_column(name, contract_type, type) %}
    {%- if type is none -%}
        cast(null as varchar)
    {%- elif contract_type == 'timestamp' and type.startswith('TIMESTAMP') -%}
        {{ name }}
    {%- elif type.startswith('STRUCT') or type.startswith('MAP') or type.endswith('[]') -%}
        cast(to_json({{ name }}) as varchar)
    {%- else -%}
        nullif(cast({{ name }} as varchar), '')
    {%- endif -%}
{% endmacro %}


{% macro raw_column_types(relation) %}
    {% set types = {} %}
    {% for row in run_query('describe select * from ' ~ relation).rows %}
        {% do types.update({row[0] | lower: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}


{# The from-expression of one raw table, or null when there is none; of a log in files, of those `files` alone. #}
{% macro raw_relation(name, files=none) %}
    {% if raw_place() == 'schema' %}
        {% set place = raw_schema() %}
        {% set table = api.Relation.create(database=place.database, schema=place.schema, identifier=name) %}
        {{ return(table if name | lower in raw_schema_tables() else none) }}
    {% endif %}
    {% set files = raw_files(name) if files is none else files %}
    {% if not files %}
        {{ return(none) }}
    {% elif files[0].endswith('.csv') %}
        {{ return(raw_csv_relation(files)) }}
    {% elif files[0].endswith('.ndjson') %}
        {{ return(raw_ndjson_relation(files)) }}
    {% endif %}
    {{ return("read_parquet(" ~ raw_paths(files) ~ ", union_by_name = true, " ~ raw_file_options() ~ ")") }}
{% endmacro %}


{# A folder named `key=value` is no column. What a row's file is called is asked under a name that no column has. #}
{% macro raw_file_options() %}
    {{ return("hive_partitioning = false, filename = 'file of this row'") }}
{% endmacro %}


{# Whether whoever gave the raw rows answers for this table: it came with them, or all of it is the demo. #}
{% macro is_given(name) %}
    {{ return(raw_mode() == 'demo' or not execute or adapter_model(name) is not none or raw_relation(name) is not none) }}
{% endmacro %}


{% macro raw_literal(text) %}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{% endmacro %}


{# A path as a literal in which no character is a pattern: a folder `exports [old]` would otherwise read as empty. #}
{% macro raw_path(path) %}
    {{ return(raw_literal(path | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]'))) }}
{% endmacro %}


{% macro raw_paths(files) %}
    {% set paths = [] %}
    {% for file in files %}
        {% do paths.append(raw_path(file)) %}
    {% endfor %}
    {{ return('[' ~ paths | join(', ') ~ ']') }}
{% endmacro %}


{# The pattern of the files that are read of a raw table, all of one format; null where there are none. #}
{% macro raw_pattern(name) %}
    {% for extension in ['parquet', 'csv', 'ndjson'] %}
        {% set pattern = raw_path(raw_location() ~ '/' ~ name)[:-1] ~ "/*." ~ extension ~ "'" %}
        {% if run_query("select 1 from glob(" ~ pattern ~ ") limit 1").rows %}
            {{ return(pattern) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro raw_files(name) %}
    {% set pattern = raw_pattern(name) %}
    {% if pattern is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query("select file from glob(" ~ pattern ~ ") order by file").columns[0].values() | list) }}
{% endmacro %}


{# Every option is said and nothing is sniffed: a sniffer reads a ragged file as one column. Files are read together when they share a header, because read_csv goes by position once
   it is told the columns. #}
{% macro raw_csv_relation(files) %}
    {% set files_by_header = {} %}
    {% for file in files %}
        {% do files_by_header.setdefault(raw_csv_columns(file), []).append(file) %}
    {% endfor %}
    {% set reads = [] %}
    {% for columns, group in files_by_header.items() %}
        {% do reads.append(
            "select * from read_csv(" ~ raw_paths(group) ~ ", auto_detect = false, header = true, delim = ',', "
            ~ "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
            ~ raw_file_options() ~ ", columns = " ~ columns ~ ")"
        ) %}
    {% endfor %}
    {{ return('(' ~ reads | join(' union all by name ') ~ ')') }}
{% endmacro %}


{# What `columns` of read_csv is to be: each name of the header line, a nameless one by its place. #}
{% macro raw_csv_columns(file) %}
    {% set header = run_query(
        "select unnest(regexp_extract_all(line || ',', '(\"(?:[^\"]|\"\")*\"|[^,]*),', 1)) from (select line from read_csv("
        ~ raw_path(file) ~ ", auto_detect = false, header = false, strict_mode = false, hive_partitioning = false, "
        ~ "delim = '\x1f', quote = '', escape = '', columns = {'line': 'VARCHAR'}) limit 1)"
    ).columns[0].values() %}
    {% set types = [] %}
    {% for name in header %}
        {% set name = (name or '').strip().strip('"').replace('""', '"').strip().lower() %}
        {% do types.append(raw_literal(name or 'column ' ~ loop.index) ~ ": 'VARCHAR'") %}
    {% endfor %}
    {{ return('{' ~ types | join(', ') ~ '}') }}
{% endmacro %}


{# A key that a line leaves out is null; an object under a text column keeps its JSON text. #}
{% macro raw_ndjson_relation(files) %}
    {% set types = [] %}
    {% for column in contract_columns(model) %}
        {% do types.append("'" ~ column.name ~ "': 'VARCHAR'") %}
    {% endfor %}
    {{ return(
        "read_json(" ~ raw_paths(files) ~ ", format = 'newline_delimited', ignore_errors = false, "
        ~ raw_file_options() ~ ", columns = {" ~ types | join(', ') ~ "})"
    ) }}
{% endmacro %}
