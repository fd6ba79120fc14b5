{#
    The incremental strategy of every fact, dimension and mart: the rows that are touched are computed anew, and of them
    those that differ are replaced. A model's meta says of which unit it is:

    unit: conversation      all rows of the touched conversations (column conversation_id)
    unit: agent             the rows of an agent (agent_id, started_at) that begin in a touched span of the agent's time
    unit: day               all rows of the touched local days (the column that meta.day names), and with
                            meta.has_rows_without_day those of none
    unit: month             all rows of the months that touched days lie in (meta.day: their first days)
    unit: period            all rows of the periods of `period_types()` that touched days lie in (period_type, period_start)
    unit: messaging_user    all rows of the touched messaging users (messaging_user_id)
    unit: part              all rows of the parts of a log (meta.log) that are read anew (column part)
    unit: presence_event    the rows of the touched presence events (event_id)
    unit: contacts          all rows where contacts are read anew, else none
    unit: all               all rows: the model is small, and computed whole

    What was replaced touches local days, for what is counted by the day after it: those of the columns in
    meta.touches_days, or all from meta.touches_span.from to .to (timestamps; without an end, for ever). Of a row that only
    lasts shorter or longer now, which the columns in meta.touches_span.lasting tell as well, it is the days in between. A
    row of a dimension that changes touches every day, since marts show its names: meta.touches_every_day.

    Rows are looked for once, and then read and deleted by where they stand: see rows_found(). Where the model says by what time
    its rows lie (meta.lies_by, never null, or meta.lies_by_unless_null), what is long past is not looked through: see
    lies_in_touched_time(). Rows of days and months lie in their order.

    What is gone and what came stays in the journal until the build is published: the serving copy is brought up to date
    with it.
#}

{% macro get_incremental_replace_touched_sql(arg_dict) %}
    {% set target_relation = arg_dict['target_relation'] %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    {% set meta = config.get('meta') %}
    {% set stood = this.identifier ~ '__stood' %}
    {% set is_published = model.schema == target.schema %}
    {% set temporary = '' if is_published else 'temporary' %}
    {% set gone = journal('gone__' ~ this.identifier) if is_published else this.identifier ~ '__gone' %}
    {% set came = journal('came__' ~ this.identifier) if is_published else this.identifier ~ '__came' %}
    {% set statements %}
        create or replace temporary table {{ stood }} as
        {%- for lie in lies_in_touched_time(this.identifier) %}
        {%- set is_touched = is_touched_unit(meta, lie) %}
        {{ 'union all' if not loop.first }}
        select rowid as stood_rowid, {{ columns }} from {{ target_relation }} as stands
        where {{ is_touched if is_told_by_time(meta) else
            'rowid in (select rowid from ' ~ target_relation ~ ' as stands where ' ~ is_touched ~ ')' }}
        {%- endfor %};
        create or replace {{ temporary }} table {{ gone }} as
        {{ rows_without_equal(stood, arg_dict['temp_relation'], columns) }};
        create or replace {{ temporary }} table {{ came }} as
        {{ rows_without_equal(arg_dict['temp_relation'], stood, columns) }};
        {{ touched_by(meta, [gone, came], arg_dict['dest_columns'] | map(attribute='name') | list) }}
        {%- if meta.grain %}
        delete from {{ target_relation }} where rowid in (
            select stood.stood_rowid from {{ stood }} as stood
            inner join {{ gone }} as gone on {% for column in meta.grain %}{{ 'and ' if not loop.first }}stood.{{ column }} is not distinct from gone.{{ column }} {% endfor %}
        );
        insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ came }};
        {%- else %}
        delete from {{ target_relation }} where rowid in (select stood_rowid from {{ stood }});
        insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ arg_dict['temp_relation'] }};
        {%- endif %}
        drop table {{ stood }}
        {%- if not is_published %};
        drop table {{ gone }};
        drop table {{ came }}
        {%- endif %}
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# A table in a partial build, where it is small and asked often; a view in a whole one, where a copy would be one of all. #}
{% materialization working_set, adapter='duckdb', supported_languages=['sql'] %}
    {{ return((materialization_table_duckdb if is_partial_build() else materialization_view_duckdb)()) }}
{% endmaterialization %}
