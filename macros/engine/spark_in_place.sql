{#
    On Spark a table of a build's own is written whole: what stood there is dropped first, because Parquet tables cannot be
    replaced. Until the build is over `dim_build` says so. What is kept from build to build stands in spark_increments.sql.
#}

{% materialization table, adapter='spark', supported_languages=['sql', 'python'] %}
    {%- if model.language == 'sql' -%}
        {{ return(write_whole_table()) }}
    {%- endif -%}
    {% do drop_what_stands() %}
    {%- call statement('main', language='python') -%}      {#- dbt takes the code of a Python model from a materialization alone. -#}
        {{ python_model_as_table(compiled_code) }}
    {%- endcall -%}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}


{% materialization working_set, adapter='spark', supported_languages=['sql'] %}
    {{ return(write_whole_table() if is_partial_build() else write_view()) }}
{% endmaterialization %}


{# A view is asked when it is read. What must be asked at once is a table: what reads files, which end with the session (see
   spark_raw.sql), and what reads a ledger that the build replaces. #}
{% materialization view, adapter='spark', supported_languages=['sql'] %}
    {%- set reads_files = 'base' in model.fqn and raw_place() == 'files' %}
    {{ return(write_whole_table() if reads_files or is_ledger_read(compiled_code) else write_view()) }}
{% endmaterialization %}


{# Deliveries that are gone from the raw place are read out of the ledger, which is replaced with them. #}
{% macro is_ledger_read(sql) %}
    {% if 'base' in model.fqn %}
        {% for name in ledgers().values() if name in sql %}
            {{ return(true) }}
        {% endfor %}
    {% endif %}
    {{ return(false) }}
{% endmacro %}


{% macro write_whole_table() %}{{ return(write_anew('table', 'create table ' ~ this ~ ' using parquet as')) }}{% endmacro %}
{% macro write_view() %}{{ return(write_anew('view', 'create or replace view ' ~ this ~ ' as')) }}{% endmacro %}


{% macro write_anew(type, head) %}
    {%- set target_relation = this.incorporate(type=type) %}
    {% do run_hooks(pre_hooks) %}
    {% do drop_what_stands() %}
    {%- call statement('main') -%}
        {{ head }}
        {{ in_contract(respelt(compiled_code)) }}
    {%- endcall -%}
    {% do run_hooks(post_hooks) %}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}


{% macro drop_what_stands(relation=none) %}
    {% set standing_relation = load_cached_relation(relation or this) %}
    {% if standing_relation is not none %}
        {% do adapter.drop_relation(standing_relation) %}
    {% endif %}
{% endmacro %}


{# The columns of a contract in its order and its types: the engine's own types differ in how far a sum reaches. #}
{% macro in_contract(sql) -%}
    {%- if config.get('contract').enforced -%}
    select
        {%- for column in model.columns.values() %}
        cast({{ column.name }} as {{ 'string' if column.data_type == 'varchar' else column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    )
    {%- else -%}
    {{ sql }}
    {%- endif -%}
{%- endmacro %}


{# Run in the session of the build: see src/dbt_messaging_warehouse. #}
{% macro python_model_as_table(compiled_code) -%}
{{ compiled_code }}

table = model(dbtObj(spark.table), spark)
table.write.format("parquet").mode("overwrite").saveAsTable("{{ this.schema }}.{{ this.identifier }}")
{%- endmacro %}


{# The one row of `dim_build` is written anew, out of a copy: a table that is read cannot be written. #}
{% macro write_build_state(dim_build, state) %}
    {% set columns = [] %}
    {% for column in adapter.get_columns_in_relation(dim_build) | map(attribute='name') %}
        {% do columns.append(state ~ ' as build_state' if column == 'build_state' else column) %}
    {% endfor %}
    {% set copy = journal('dim_build') %}
    {% do run_query('drop table if exists ' ~ copy) %}
    {% do run_query('create table ' ~ copy ~ ' using parquet as select ' ~ columns | join(', ') ~ ' from ' ~ dim_build) %}
    {% do run_query('insert overwrite table ' ~ dim_build ~ ' select * from ' ~ copy) %}
    {% do run_query('drop table ' ~ copy) %}
{% endmacro %}


{# Every column of a seed has a type in its YAML; with many rows at once, and without guessing at them. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = model.config.column_types %}
    {% for rows in agate_table.rows | batch(get_batch_size()) %}
        {% set lines = [] %}
        {% for row in rows %}
            {% set values = [] %}
            {% for name in agate_table.column_names %}
                {% set value = row[name] %}
                {% do values.append('cast(' ~ ('null' if value is none else spark_literal(value | string)) ~ ' as ' ~ types[name] ~ ')') %}
            {% endfor %}
            {% do lines.append('(' ~ values | join(', ') ~ ')') %}
        {% endfor %}
        {% do adapter.add_query('insert into ' ~ this ~ ' values ' ~ lines | join(', '), abridge_sql_log=True) %}
    {% endfor %}
    {{ return('') }}
{% endmacro %}


{# Tests of data are written like models. #}
{% macro spark__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ default__get_test_sql(respelt(main_sql), fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}
