{#
    Where Spark finds raw rows: its own catalogue, and the views that messaging_warehouse.spark_session makes of a folder when
    the session starts. They end with it, so the base models of files are tables here.
#}

{% macro spark__raw_schema_tables() %}
    {% set place = raw_schema() %}
    {% set tables = {} %}
    {% for row in run_query("show tables in " ~ place.schema).rows if not row['isTemporary'] %}
        {% do tables.update({row['tableName'] | lower: raw_column_types(place.schema ~ '.' ~ row['tableName']).keys() | list}) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{# In capitals, and a list with brackets, as the macros of all engines ask for them. #}
{% macro spark__raw_column_types(relation) %}
    {% set types = {} %}
    {% for row in run_query('describe query select * from ' ~ relation).rows %}
        {% set type = row[1] | upper %}
        {% do types.update({row[0] | lower: type ~ ('[]' if type.startswith('ARRAY') else '')}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}


{# A key that a line of JSON leaves out is null; an object under a text column keeps its JSON text. #}
{% macro spark__relation_of_files(name, files) %}
    {% if not files[0].endswith('.ndjson') %}
        {{ return(rows_of_files('raw_rows_' ~ name, files)) }}
    {% endif %}
    {% set columns = [] %}
    {% for column in contract_columns(base_of(name)) %}
        {% do columns.append(column.name ~ ' string') %}
    {% endfor %}
    {{ return(
        "(select inline(array(from_json(line, '" ~ columns | join(', ') ~ "', map('mode', 'FAILFAST')))), "
        ~ '`file of this row` from ' ~ rows_of_files('raw_rows_' ~ name, files) ~ ')'
    ) }}
{% endmacro %}


{# A session has a view of all files of a table: of a log only some may be meant, and the engine opens no others. #}
{% macro rows_of_files(relation, files) %}
    {% if not builds_on_the_last() %}
        {{ return(relation) }}
    {% endif %}
    {% set names = [] %}
    {% for file in files %}
        {% do names.append(raw_literal(file.split('/')[-1])) %}
    {% endfor %}
    {{ return('(select * from ' ~ relation ~ ' where `file of this row` in (' ~ names | join(', ') ~ '))') }}
{% endmacro %}


{% macro spark__file_of_row() %}`file of this row`{% endmacro %}


{% macro spark__raw_files_as_they_are(name) %}
    {% if not raw_files(name) %}
        {{ return((none, none, none)) }}
    {% endif %}
    {{ return((
        '(select * from raw_files where raw_table = ' ~ raw_literal(name) ~ ')', 'file', "any_value(size) || '/' || any_value(modified)"
    )) }}
{% endmacro %}


{% macro spark__raw_files(name) %}
    {{ return(run_query("select file from raw_files where raw_table = '" ~ name ~ "' order by file").columns[0].values() | list) }}
{% endmacro %}


{# What a session has that was prepared for the project. #}
{% macro spark__has_function(name) %}
    {{ return(run_query("show user functions like '" ~ name ~ "'").rows | length > 0) }}
{% endmacro %}


{% macro spark__reads_objects() %}{{ return(false) }}{% endmacro %}


{# A session has listed the folder that it reads, and no other. #}
{% macro spark__files_in(folder) %}{{ return(none) }}{% endmacro %}
