{#
    Figures of several facts side by side, each fact grouped alone before they meet: a list of common table expressions
    that ends with `joined`. A part has a `name`, the `fact`, the rows of it that count (`where`), the mart's key columns
    as expressions over the fact (`by`, the day first; `day` where that is a month), its `counts` and its other `metrics`.
    What only stands beside the others (`is_beside`) adds no rows, may have fewer keys, and comes last.
#}
{% macro figures_side_by_side(parts) -%}
{%- for part in parts -%}
{{ part.name }} as (
    select
        {%- for key, expression in part.by.items() %}
        {{ expression }} as {{ key }},
        {%- endfor %}
        {{- metrics(part.counts + part.metrics) }}
    from {{ part.fact }}
    where {{ part.where }} and {{ in_touched_days(part.get('day') or part.by.values() | first) }}
    group by all
),

{% endfor -%}
joined as (
    select *
    from {{ parts[0].name }}
    {%- for part in parts[1:] %}
    {{ 'left' if part.is_beside else 'full' }} join {{ part.name }} using ({{ part.by | join(', ') }})
    {%- endfor %}
)
{%- endmacro %}


{# Their columns, each after a comma: a fact without rows for a key counts 0 there, and says nothing else. What
   tells which sessions are not recorded follows. #}
{% macro joined_figures(parts) -%}
    {%- for part in parts %}
        {%- for name in part.counts %},
        {{ count_or_zero('joined', name, none, *varargs) }}
        {%- endfor %}
        {%- for name in part.metrics %},
        joined.{{ name }}
        {%- endfor %}
    {%- endfor %}
{%- endmacro %}


{# Parts whose facts are all grouped alike: by their own `day` under one name, and by the same keys (name: expression). #}
{% macro counted_by_day(day, keys, facts) -%}
    {%- set parts = [] -%}
    {%- for fact in facts -%}
        {%- set by = {day: fact.day} -%}
        {%- do by.update(keys) -%}
        {%- do parts.append(dict(fact, by=by, where=fact.day ~ ' is not null and not is_test_channel')) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}


{# One of the six figures of a session: of `measured`, or where its messages are not recorded of `reported`. #}
{% macro ours_else_reported(metric_type) -%}
    case
        when measured.are_messages_recorded then cast(measured.{{ metric_type }} as decimal(18, 3))
        else reported.{{ metric_type }}
    end
{%- endmacro %}


{# What the warehouse has for the figures that a platform may report, as rows: of sessions, and of pieces of work. What was
   taken over from the platform is not ours. #}
{% macro computed_figures(sessions, session_metrics, works) -%}
    {{ figures_told(sessions, ['session_id'], {
        'agent_message_count': 'agent_message_count',
        'end_user_message_count': 'end_user_message_count',
        'agent_type': 'case when not is_agent_type_reported then agent_type end',
        'ended_by_type': 'ended_by_type',
    }) }}
    union all
    select
        session_id,
        cast(null as varchar) as conversation_id,
        cast(null as varchar) as work_id,
        metric_type as figure,
        cast(metric_value as varchar) as our_value
    from {{ session_metrics }}
    where metric_type not like '%_count' and not is_reported
    union all
    {{ figures_told(works, ['conversation_id', 'work_id'], {
        'speed_to_answer_seconds': 'speed_to_answer_seconds',
        'work_handle_seconds': 'work_handle_seconds',
        'after_work_seconds': 'after_work_seconds',
        'active_seconds': 'active_seconds',
    }) }}
{%- endmacro %}


{# Columns of a relation as rows: the name of each figure, and its value as text. #}
{% macro figures_told(relation, keys, figures) -%}
    {%- for figure, expression in figures.items() %}
    select
        {%- for key in ['session_id', 'conversation_id', 'work_id'] %}
        {{ key if key in keys else 'cast(null as varchar) as ' ~ key }},
        {%- endfor %}
        '{{ figure }}' as figure,
        cast({{ expression }} as varchar) as our_value
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Whether two values of a figure are apart by no more than whole seconds are. Ours are whole, too, where a source tells
   times in whole seconds: then each end may be cut by nearly one, and theirs is cut or rounded. #}
{% macro is_told_in_whole_seconds(figures) -%}
    {%- set distance = 'abs(' ~ figures ~ '.reported_number - ' ~ figures ~ '.our_number)' -%}
    {{ distance }} < 1
    or (
        {{ distance }} = 1
        and {{ figures }}.our_number = floor({{ figures }}.our_number)
        and ({{ figures }}.figure like '%_seconds' or {{ figures }}.figure like '%_time')
    )
{%- endmacro %}


{# A figure's value as a number; null for a word. #}
{% macro figure_as_number(value) -%}
    case when not ({{ is_not_a_number(value) }}) then cast({{ value }} as decimal(18, 3)) end
{%- endmacro %}


{# What was reported last under each name, out of the reports of a session: a select list. #}
{% macro reported_last(figures) -%}
    {%- for figure in figures %}
        max_by(reported_value, case when figure = '{{ figure }}' then position_in_conversation end) as {{ figure }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Columns of text as numbers: a select list. #}
{% macro as_numbers(columns) -%}
    {%- for column in columns %}
        {{ figure_as_number(column) }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
