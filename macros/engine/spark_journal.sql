{# The journal (macros/increments/journal.sql) on Spark: what is one transaction on DuckDB is done here step by step, each of
   which leaves at most too little to build on. #}

{# A build begins with what a dead one was about to do, and without the rest of it. #}
{% macro begin_build_step_by_step() %}
    {% do run_query('create schema if not exists journal') %}
    {% do run_query('create schema if not exists stored') %}
    {% for table, columns in journal_tables().items() %}
        {% do run_query(
            'create table if not exists ' ~ journal(table) ~ ' (' ~ columns | replace('varchar', 'string') ~ ') using parquet'
            ~ (' partitioned by (raw_table)' if table == 'parts_read')
        ) %}
    {% endfor %}
    {% for row in run_query('show tables in journal').rows if not row['isTemporary'] and row['tableName'] not in journal_tables() %}
        {% set name = row['tableName'] %}
        {% if name.startswith('replacing__raw_') %}
            {% do take_over(journal('parts_read'), journal(name)) %}
        {% elif name.startswith('replacing__') %}
            {% do take_over(stored_rows(name.removeprefix('replacing__')), journal(name)) %}
        {% else %}
            {% do run_query('drop table ' ~ journal(name)) %}
        {% endif %}
    {% endfor %}
    {% if flags.WHICH == 'seed' %}
        {{ return('') }}
    {% endif %}
    {% do refuse_partial_full_refresh() %}
    {% do refuse_what_is_not_current() %}
    {% do refuse_what_is_gone() %}
    {% do refuse_to_empty_ledgers() %}
    {% do refuse_to_forget_what_has_vanished() %}
    {% do refuse_hours_spelt_otherwise() %}
    {% if selected_models() %}
        {% do in_order(remember_current(models_still_current())) %}
    {% endif %}
    {% set is_meant = run_query('select ' ~ means_what_stands()).columns[0].values()[0] or not selected_models() %}
    {% if flags.FULL_REFRESH or flags.EMPTY or not is_meant or not all_that_is_kept_stands() %}
        {% do run_query('truncate table ' ~ journal('builds')) %}
    {% endif %}
    {% for name in logs_made_anew() %}
        {% do run_query("alter table " ~ journal('parts_read') ~ " drop if exists partition (raw_table = '" ~ name ~ "')") %}
    {% endfor %}
    {% set dim_build = dim_build_with_state() %}
    {% if dim_build %}
        {% set is_one = run_query('select ' ~ leaves_one_meaning()).columns[0].values()[0] %}
        {% do write_build_state(
            dim_build, "case build_state when 'complete' then 'building' else 'incomplete' end" if is_one else "'incomplete'"
        ) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{# A whole build drops a table before it writes it, and may die in between. #}
{% macro spark__stands(node) %}
    {{ return(load_cached_relation(stored_rows(node.alias)) is not none and standing(node.name) is not none) }}
{% endmacro %}


{% macro finish_build_step_by_step(dim_build, state, is_complete) %}
    {% do write_build_state(dim_build, state) %}
    {% if is_complete %}
        {% do forget_raw_text() %}
        {% for table in ['builds', 'meant', 'touched', 'attempts', 'seen'] %}
            {% do run_query('truncate table ' ~ journal(table)) %}
        {% endfor %}
        {% do run_query('insert into ' ~ journal('seen') ~ ' select received_until from ' ~ standing('int_build_scope')) %}
        {% do run_query(
            'insert into ' ~ journal('builds') ~ ' select build_id, as_of, config_fingerprint, code_fingerprint from ' ~ standing('int_build')
        ) %}
        {% do run_query('insert into ' ~ journal('meant') ~ ' values (' ~ raw_literal(meaning()) ~ ')') %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{# The base models of files are tables here, of raw text: where somebody is to be forgotten they are emptied. #}
{% macro forget_raw_text() %}
    {% if raw_place() == 'files' and run_query('select 1 from ' ~ ref_by_name('stg_messaging__redactions') ~ ' limit 1').rows %}
        {% for unique_id in models_of_project() if 'base' in graph.nodes[unique_id].fqn %}
            {% set base = standing(graph.nodes[unique_id].name) %}
            {% if base and base.type == 'table' %}
                {% do run_query('truncate table ' ~ base) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{# Post-hook of the models that decide it, see duckdb_increments.sql. #}
{% macro spark__forget_what_is_not_built_on() %}
    {{ return('{{ forget_builds_unless_built_on() }}') }}
{% endmacro %}


{% macro forget_builds_unless_built_on() %}
    {% if execute and not run_query('select builds_on_the_last from ' ~ this).columns[0].values()[0] %}
        {% do run_query('truncate table ' ~ journal('builds')) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{# Post-hook of a ledger, after it was filled: a build that dies before reads the same parts again. #}
{% macro spark__journal_parts_read(name) %}
    {{ return("{{ remember_parts_read('" ~ name ~ "') }}") }}
{% endmacro %}


{% macro remember_parts_read(name) %}
    {% if execute %}
        {% set is_of_log = 'raw_table = ' ~ raw_literal(name) %}
        {% set read = '(select part from ' ~ ref('stg_messaging__raw_parts') ~ ' where ' ~ is_of_log ~ ' and is_to_be_read)' %}
        {% set replacing = journal('replacing__' ~ name) %}
        {% do run_query(respelt(
            'create table ' ~ replacing ~ ' using parquet as select part, fingerprint, ' ~ raw_literal(raw_source())
            ~ ' as raw_source, raw_table from ' ~ ref('stg_messaging__raw_parts') ~ ' where ' ~ is_of_log ~ ' and is_to_be_read'
            ~ ' union all select part, fingerprint, raw_source, raw_table from ' ~ journal('parts_read') ~ ' where ' ~ is_of_log
            ~ ' and part not in ' ~ read ~ ' and (select builds_on_the_last from ' ~ ref('stg_messaging__definitions') ~ ')'
        )) %}
        {% do take_over(journal('parts_read'), replacing) %}
        {% if name == 'raw_conversation_events' %}
            {% do in_order(journal_persons()) %}
        {% endif %}
    {% endif %}
    {{ return('') }}
{% endmacro %}
