{# Where DuckDB finds raw rows: its own catalogue, and the files of a folder or bucket. #}

{# {table: [column, …]} of that schema, in small letters: the engine does not tell letter cases apart. #}
{% macro duckdb__raw_schema_tables() %}
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


{% macro duckdb__raw_column_types(relation) %}
    {% set types = {} %}
    {% for row in run_query('describe select * from ' ~ relation).rows %}
        {% do types.update({row[0] | lower: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}


{# The from-expression of files of one raw table. #}
{% macro duckdb__relation_of_files(name, files) %}
    {% if files[0].endswith('.csv') %}
        {{ return(raw_csv_relation(files)) }}
    {% elif files[0].endswith('.ndjson') %}
        {{ return(raw_ndjson_relation(name, files)) }}
    {% endif %}
    {{ return(raw_parquet_relation(name, files)) }}
{% endmacro %}


{# What is in a row follows from its file alone, whatever is read with it. So where files have a column in more types than
   one, each is read as a text by itself: the engine would look for a type that takes all, in which the id 7 is 7.0. #}
{% macro raw_parquet_relation(name, files) %}
    {% set types = [] %}
    {% set groups = raw_parquet_groups(files) %}
    {% for group in groups if groups | length > 1 %}
        {% do types.append(raw_column_types(raw_parquet(group))) %}
    {% endfor %}
    {% set types_of, reads, are_mixed = {}, [], [] %}
    {% for each in types %}
        {% for column, type in each.items() %}
            {% do are_mixed.append(column) if type != types_of.setdefault(column, type) %}
        {% endfor %}
    {% endfor %}
    {% if not are_mixed %}
        {{ return(raw_parquet(files)) }}
    {% endif %}
    {% for group in groups %}
        {% set texts = [] %}
        {% for column, type in types[loop.index0].items() if column in are_mixed %}
            {% do texts.append(raw_text_alone(name, column, type) ~ ' as "' ~ column | replace('"', '""') ~ '"') %}
        {% endfor %}
        {% do reads.append("select * " ~ ("replace (" ~ texts | join(', ') ~ ") " if texts) ~ "from " ~ raw_parquet(group)) %}
    {% endfor %}
    {{ return('(' ~ reads | join(' union all by name ') ~ ')') }}
{% endmacro %}


{% macro raw_parquet(files) %}
    {{ return("read_parquet(" ~ raw_paths(files) ~ ", union_by_name = true, " ~ raw_file_options() ~ ")") }}
{% endmacro %}


{# The files, those together that have the same columns in the same types. #}
{% macro raw_parquet_groups(files) %}
    {% set groups = {} %}
    {% for file, columns in run_query(
        "select file_name, string_agg(concat_ws(' ', lower(name), num_children, type, duckdb_type, logical_type), ', ' order by column_id) "
        ~ "from parquet_schema(" ~ raw_paths(files) ~ ") group by file_name order by file_name"
    ).rows %}
        {% do groups.setdefault(columns, []).append(file) %}
    {% endfor %}
    {{ return(groups.values() | list) }}
{% endmacro %}


{# A column as the text that it comes to where its type is the only one. #}
{% macro raw_text_alone(name, column, type) %}
    {% set contract = {} %}
    {% for each in contract_columns(base_of(name)) %}
        {% do contract.update({each.name: each.data_type}) %}
    {% endfor %}
    {{ return(raw_column('"' ~ column | replace('"', '""') ~ '"', contract.get(column, 'timestamp'), type, is_text=true)) }}
{% endmacro %}


{# A folder named `key=value` is no column. What a row's file is called is asked under a name that no column has. #}
{% macro raw_file_options() %}
    {{ return("hive_partitioning = false, filename = 'file of this row'") }}
{% endmacro %}


{# The name of the file that a row came in. A backslash is a letter of it. #}
{% macro duckdb__file_of_row() %}parse_filename("file of this row", false, 'forward_slash'){% endmacro %}


{# The files of a log: where they are listed, and what is name and fingerprint. The engine knows the time of a change by
   the second, and a local file can change twice within one: there the plugin looks. #}
{% macro duckdb__raw_files_as_they_are(name) %}
    {% set pattern = raw_pattern(name) %}
    {% if not pattern %}
        {{ return((none, none, none)) }}
    {% elif '://' in raw_location() %}
        {{ return(('read_blob(' ~ pattern ~ ')', "parse_filename(filename, false, 'forward_slash')", "size || '/' || epoch_us(last_modified)")) }}
    {% endif %}
    {% set folder = raw_literal(raw_location() ~ '/' ~ name) ~ ", " ~ raw_literal(pattern.split('.')[-1][:-1]) %}
    {{ return(('json_each(raw_file_fingerprints(' ~ folder ~ '))', 'key', "value ->> '$'")) }}
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


{% macro duckdb__raw_files(name) %}
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
{% macro raw_ndjson_relation(name, files) %}
    {% set types = [] %}
    {% for column in contract_columns(base_of(name)) %}
        {% do types.append("'" ~ column.name ~ "': 'VARCHAR'") %}
    {% endfor %}
    {{ return(
        "read_json(" ~ raw_paths(files) ~ ", format = 'newline_delimited', ignore_errors = false, "
        ~ raw_file_options() ~ ", columns = {" ~ types | join(', ') ~ "})"
    ) }}
{% endmacro %}


{# Whether the DuckDB plugin has registered a function of its own. #}
{% macro duckdb__has_function(name) %}
    {% set found = run_query("select count(*) from duckdb_functions() where function_name = '" ~ name ~ "'") %}
    {{ return(found.columns[0].values()[0] > 0) }}
{% endmacro %}


{# Whether adapters of platforms find their objects. #}
{% macro duckdb__reads_objects() %}{{ return(true) }}{% endmacro %}
