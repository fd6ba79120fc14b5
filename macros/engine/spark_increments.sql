{#
    Builds upon builds on Spark, where no row can be deleted: what is kept from build to build is replaced by partitions.

    A model with the strategy `replace_touched` is a view over the table `stored.<model>`, which has one column more,
    `lies_in`: the partition that a row lies in, made of the row itself. What differs between the rows that stood of the touched
    units and those that were computed says which partitions are written anew, of rows that stay and rows that came. A
    partition without a difference is not opened.

    Nothing here is a transaction, so each step is one that the next build can take again:

    journal.new__x          what was computed of the touched units, where no grain tells rows apart
    journal.changes__x      what is gone and what came; it touches what the journal then tells, before anything is replaced
    journal.replacing__x    the partitions as they are to be: there as a whole, or not at all. It is removed when they are
                            written, and a build that finds one writes them first
#}

{% macro spark__has_transactions() %}{{ return(false) }}{% endmacro %}


{# Files are taken away under whoever reads them: all who read the rows as they stand, the rows that stay too, come before. #}
{% macro spark__waits_for_readers(names) %}
    {% for name in names %}
        {% do waits_for(name) %}
    {% endfor %}
{% endmacro %}


{# The engine reads of a table only what a condition leaves of its partitions and files. #}
{% macro spark__rows_found(relation, condition, by) %}(select * from {{ relation }} where {{ condition }}){% endmacro %}


{% macro spark__is_partial_model() %}
    {{ return(
        execute and model.resource_type == 'model' and model.config.materialized == 'incremental'
        and load_cached_relation(stored_rows(this.identifier)) is not none and not should_full_refresh()
    ) }}
{% endmacro %}


{% materialization incremental, adapter='spark', supported_languages=['sql'] %}
    {% do run_hooks(pre_hooks) %}
    {%- if is_partial_model() %}
        {% do replace_in_partitions() %}
    {%- else %}
        {% do write_in_partitions() %}
    {%- endif %}
    {% do run_hooks(post_hooks) %}
    {{ return({'relations': [this.incorporate(type='view'), stored_rows(this.identifier)]}) }}
{% endmaterialization %}


{% macro stored_rows(name) %}
    {{ return(api.Relation.create(schema='stored', identifier=name, type='table')) }}
{% endmacro %}


{# The partition of a row: the month of the time that the model's rows lie by, else one of a few by the unit's id. #}
{% macro partition_of_row(meta, columns) %}
    {% set times = (
        [meta.lies_by] if meta.get('lies_by') else ['started_at'] if meta.unit == 'agent' else ['received_at'] if meta.unit == 'part'
        else ['period_start'] if meta.unit == 'period' else [meta.day] if meta.get('day') else ['timestamp_millis(first_ms)']
        if 'first_ms' in columns else meta.get('touches_days', [])
    ) %}
    {% if meta.unit in ('all', 'contacts') %}
        {{ return("'all'") }}
    {% elif not times %}
        {% set id = 'event_id' if meta.unit == 'presence_event' else meta.unit ~ '_id' %}
        {{ return("cast(pmod(hash(" ~ id ~ "), 8) as string)") }}
    {% endif %}
    {{ return("coalesce(date_format(coalesce(" ~ times | join(', ') ~ "), 'yyyy-MM'), 'never')") }}
{% endmacro %}


{# What the model computes, each row with its partition; `columns` are those without it. #}
{% macro computed_with_partition() %}
    {% set sql = in_contract(respelt(compiled_code)) %}
    {% set columns = model.columns.keys() | list if config.get('contract').enforced else columns_of('(' ~ sql ~ ')') %}
    {{ return({
        'columns': columns,
        'sql': 'select ' ~ columns | join(', ') ~ ', ' ~ partition_of_row(config.get('meta'), columns) ~ ' as lies_in from (' ~ sql ~ ')'
    }) }}
{% endmacro %}


{% macro columns_of(relation) %}
    {{ return(run_query('describe query select * from ' ~ relation).columns[0].values() | list) }}
{% endmacro %}


{% macro write_in_partitions() %}
    {% set stored = stored_rows(this.identifier) %}
    {% set computed = computed_with_partition() %}
    {% do drop_what_stands(stored) %}
    {%- call statement('main') -%}
        create table {{ stored }} using parquet partitioned by (lies_in) as
        {{ computed.sql }}
    {%- endcall -%}
    {% do drop_what_stands() %}
    {% do run_query('create view ' ~ this ~ ' as select ' ~ computed.columns | join(', ') ~ ' from ' ~ stored) %}
{% endmacro %}


{% macro replace_in_partitions() %}
    {% set computed = computed_with_partition() %}
    {% set new, changes = journal('new__' ~ this.identifier), journal('changes__' ~ this.identifier) %}
    {% set grain = config.get('meta').grain %}
    {% if not grain %}
        {% do run_query('create table ' ~ new ~ ' using parquet as ' ~ computed.sql) %}
    {% endif %}
    {%- call statement('main') -%}
        create table {{ changes }} using parquet as
        {{ changes_of_touched('(' ~ computed.sql ~ ')' if grain else new, computed.columns) }}
    {%- endcall -%}
    {% set partitions = run_query(
        "select lies_in, count_if(change = 'gone'), count_if(change = 'came') from " ~ changes ~ " group by lies_in"
    ).rows %}
    {% if partitions %}
        {% set gone = "(select * from " ~ changes ~ " where change = 'gone')" %}
        {% set came = "(select * from " ~ changes ~ " where change = 'came')" %}
        {% for statement in respelt(touched_by(config.get('meta'), [gone, came], computed.columns)).split(';') if statement.strip() %}
            {% do run_query(statement) %}
        {% endfor %}
        {% do overwrite_partitions(partitions, respelt(content_of_partitions(partitions, new, changes, computed.columns))) %}
    {% endif %}
    {% do run_query('drop table ' ~ changes) %}
    {% if not grain %}
        {% do run_query('drop table ' ~ new) %}
    {% endif %}
{% endmacro %}


{# Rows that are as they were weigh nothing: each stands once and was computed once. Of equal rows it is the number that counts. #}
{% macro changes_of_touched(new, columns) %}
    {%- set all_columns = (columns + ['lies_in']) | join(', ') %}
    select
        explode(array_repeat(case when copies > 0 then 'came' else 'gone' end, cast(abs(copies) as int))) as change,
        {{ all_columns }}
    from (
        select {{ all_columns }}, sum(copy) as copies
        from (
            select {{ all_columns }}, 1 as copy from {{ new }}
            union all
            select {{ all_columns }}, -1 as copy from {{ stored_rows(this.identifier) }} as stands
            where {{ respelt(is_touched_unit(config.get('meta'), lies_in_touched_time(this.identifier)[0] if config.get('meta').get('lies_by') else '')) }}
        )
        group by {{ all_columns }}
        having sum(copy) != 0
    )
{% endmacro %}


{# Where a grain tells rows apart what is gone is known row by row; else all rows of the touched units are put in again. #}
{% macro content_of_partitions(partitions, new, changes, columns) %}
    {%- set names = [] %}
    {%- for row in partitions %}{% do names.append(raw_literal(row[0])) %}{% endfor %}
    {%- set in_these = 'lies_in in (' ~ names | join(', ') ~ ')' %}
    {%- set all_columns = (columns + ['lies_in']) | join(', ') %}
    {%- set grain = config.get('meta').grain %}
    select {{ all_columns }} from {{ stored_rows(this.identifier) }} as stands
    where {{ in_these }} and
    {%- if grain %} not exists (
        select 1 from {{ changes }} as gone
        where gone.change = 'gone'{% for column in grain %} and stands.{{ column }} is not distinct from gone.{{ column }}{% endfor %}
    )
    union all
    select {{ all_columns }} from {{ changes }} where change = 'came'
    {%- else %} not coalesce({{ is_touched_unit(config.get('meta')) }}, false)
    union all
    select {{ all_columns }} from {{ new }} where {{ in_these }}
    {%- endif %}
{% endmacro %}


{# An overwrite leaves a partition alone of which it has no row: one that is empty now is dropped. #}
{% macro overwrite_partitions(partitions, content) %}
    {% set stored, replacing = stored_rows(this.identifier), journal('replacing__' ~ this.identifier) %}
    {% set gone = {} %}
    {% for row in partitions if row[2] == 0 %}
        {% do gone.update({row[0]: row[1]}) %}
    {% endfor %}
    {% set emptied = [] %}
    {% if gone %}
        {% for row in run_query(
            "select lies_in, count(*) from " ~ stored ~ " where lies_in in ('" ~ gone.keys() | join("', '") ~ "') group by lies_in"
        ).rows if row[1] == gone[row[0]] %}
            {% do emptied.append("partition (lies_in = '" ~ row[0] ~ "')") %}
        {% endfor %}
    {% endif %}
    {% do run_query('create table ' ~ replacing ~ ' using parquet as ' ~ content) %}
    {% do take_over(stored, replacing) %}
    {% if emptied %}
        {% do run_query('alter table ' ~ stored ~ ' drop if exists ' ~ emptied | join(', ')) %}
    {% endif %}
{% endmacro %}


{# May be done again, and with nothing lost, as long as `replacing` is there. Without `dynamic` all else would be dropped. #}
{% macro take_over(table, replacing) %}
    {% do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') %}
    {% do run_query(
        'insert overwrite table ' ~ table ~ ' partition (' ~ columns_of(replacing)[-1] ~ ') select * from ' ~ replacing
    ) %}
    {% do run_query('drop table ' ~ replacing) %}
{% endmacro %}


{# Rows of days lie in partitions of months. #}
{% macro spark__in_order_of(day) %}{% endmacro %}
