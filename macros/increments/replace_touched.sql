{#
    The incremental strategy of every fact, dimension and mart: the rows that are touched are computed anew, and of them
    those that differ are replaced. A model's meta says of which unit it is:

    unit: conversation      all rows of the touched conversations (column conversation_id)
    unit: agent             the rows of an agent (agent_id, started_at) that begin in a touched span of the agent's time
    unit: day               all rows of the touched local days (the column that meta.day names)
    unit: all               all rows: the model is small, and computed whole

    What was replaced touches local days, for the marts that count it there: those of the columns in meta.touches_days, or
    all from meta.touches_span.from to .to (timestamps; without an end, for ever). A row of a dimension that changes
    touches them all, since marts show its names: meta.touches_every_day.
#}

{% macro get_incremental_replace_touched_sql(arg_dict) %}
    {% set target_relation = arg_dict['target_relation'] %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    {% set is_touched = is_touched_unit(config.get('meta')) %}
    {% set stood = this.identifier ~ '__stood' %}
    {% set gone = this.identifier ~ '__gone' %}
    {% set came = this.identifier ~ '__came' %}
    {% set statements %}
        create or replace temporary table {{ stood }} as
        select {{ columns }} from {{ target_relation }} as stands where {{ is_touched }};
        create or replace temporary table {{ gone }} as
        select * from {{ stood }} except all select {{ columns }} from {{ arg_dict['temp_relation'] }};
        create or replace temporary table {{ came }} as
        select {{ columns }} from {{ arg_dict['temp_relation'] }} except all select * from {{ stood }};
        {{ touched_by(config.get('meta'), [gone, came]) }}
        {%- if config.get('meta').grain %}
        delete from {{ target_relation }} as stands using {{ gone }} as gone
        where {% for column in config.get('meta').grain %}{{ 'and ' if not loop.first }}stands.{{ column }} is not distinct from gone.{{ column }} {% endfor %};
        insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ came }};
        {%- else %}
        delete from {{ target_relation }} as stands where {{ is_touched }};
        insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ arg_dict['temp_relation'] }};
        {%- endif %}
        drop table {{ stood }};
        drop table {{ gone }};
        drop table {{ came }}
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# Whether a row of the model belongs to a unit that is touched. #}
{% macro is_touched_unit(meta) %}
    {%- if meta.unit == 'conversation' -%}
        coalesce(conversation_id, '') in (select conversation_id from {{ standing('int_conversations_touched') }})
    {%- elif meta.unit == 'agent' -%}
        {{ in_spans(standing(meta.spans), 'stands.agent_id', epoch_milliseconds('stands.started_at')) }}
    {%- elif meta.unit == 'day' -%}
        {{ in_touched_days(meta.day) }}
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}


{# Writes down what the rows of the tables `changes` touch, each thing only once. #}
{% macro touched_by(meta, changes) %}
    {%- for table in changes %}
        {%- for unit, id in meta.get('touches', {}).items() %}
        insert into {{ journal('touched') }} (unit, id, source)
        select distinct '{{ unit }}', {{ id }}, '{{ model.name }}' from {{ table }} where {{ id }} is not null;
        {%- endfor %}
        {%- if meta.get('touches_agent') %}
        {%- set moment = epoch_milliseconds('occurred_at') %}
        insert into {{ journal('touched') }} (unit, id, from_ms, to_ms, source)
        select distinct 'agent', {{ meta.touches_agent }}, {{ moment }}, {{ moment }}, '{{ model.name }}' from {{ table }}
        where {{ meta.touches_agent }} is not null and occurred_at is not null;
        {%- endif %}
        {%- for day in meta.get('touches_days', []) %}
        insert into {{ journal('touched') }} (unit, from_day, to_day, source)
        select distinct 'day', {{ day }}, {{ day }}, '{{ model.name }}' from {{ table }} where {{ day }} is not null;
        {%- endfor %}
        {%- if meta.get('touches_span') %}
        insert into {{ journal('touched') }} (unit, from_day, to_day, source)
        select distinct
            'day', {{ local_date(meta.touches_span.from) }},
            coalesce({{ local_date(meta.touches_span.to) }}, date '9999-12-31'), '{{ model.name }}'
        from {{ table }};
        {%- endif %}
    {%- endfor %}
    {%- for unit, id in meta.get('touches_when_gone', {}).items() %}
        insert into {{ journal('touched') }} (unit, id, source)
        select distinct '{{ unit }}', {{ id }}, '{{ model.name }}' from {{ changes[0] }} where {{ id }} is not null;
    {%- endfor %}
    {%- if meta.get('touches_every_day') %}
        insert into {{ journal('touched') }} (unit, source)
        select distinct 'day', '{{ model.name }}' from {{ changes[0] }};
    {%- endif %}
{% endmacro %}


{# Whether a local day has to be counted anew: something that this model reads was replaced there, or as_of has moved on
   over it. True in a build that makes everything anew. Days that no clock of the data has reached yet are left out. #}
{% macro in_touched_days(day) -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        {{ day }} in (
            select unnest(generate_series(
                greatest(from_day, scope.first_day), least(to_day, scope.last_day), interval 1 day
            ))::date
            from (
                select from_day, to_day from {{ journal('touched') }}
                where unit = 'day' and source in ('{{ sources_of_days() | join("', '") }}')
                union
                select last_as_of_day, last_day from {{ standing('int_build_scope') }}
            )
            cross join {{ standing('int_build_scope') }} as scope
        )
    {%- endif -%}
{%- endmacro %}


{# Whether an interval reaches into the time from the first touched day on: what does not is left out early. #}
{% macro reaches_into_touched_days(started_at, ended_at) -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        coalesce({{ local_date(ended_at) }}, date '9999-12-31') >= (
            select min(from_day) from (
                select from_day from {{ journal('touched') }}
                where unit = 'day' and source in ('{{ sources_of_days() | join("', '") }}')
                union all
                select last_as_of_day from {{ standing('int_build_scope') }}
            )
        )
    {%- endif -%}
{%- endmacro %}


{% macro sources_of_days() %}
    {% set names = [] %}
    {% for unique_id in model.depends_on.nodes %}
        {% do names.append(unique_id.split('.')[-1]) %}
    {% endfor %}
    {{ return(names | unique | sort | list) }}
{% endmacro %}


{% macro every_day_is_touched() %}
    {% if config.get('meta', {}).get('unit') != 'day' %}
        {{ return(false) }}
    {% endif %}
    {{ return(run_query(
        "select count(*) > 0 from " ~ journal('touched') ~ " where unit = 'day' and from_day is null and source in ('"
        ~ sources_of_days() | join("', '") ~ "')"
    ).columns[0].values()[0]) }}
{% endmacro %}
