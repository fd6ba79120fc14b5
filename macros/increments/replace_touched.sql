{# Whether a row of the model belongs to a unit that is touched; `lies_in_time` is one of lies_in_touched_time(). #}
{% macro is_touched_unit(meta, lies_in_time='') %}
    {%- if meta.unit == 'conversation' -%}
        {{ in_touched_conversations(conversation_of_delivery('received_at') if meta.get('has_rows_without_conversation') else 'conversation_id') }}
        {{- lies_in_time }}
    {%- elif meta.unit == 'agent' -%}
        stands.started_at >= {{ earliest_of(standing(meta.spans), 'from_ms') }}      -- so that the engine leaves out early what is long past
        and {{ in_spans(standing(meta.spans), 'stands.agent_id', epoch_milliseconds('stands.started_at')) }}
    {%- elif meta.unit in ('day', 'month') -%}
        {{ in_touched_days(meta.day) }}{{ ' or ' ~ meta.day ~ ' is null' if meta.get('has_rows_without_day') }}
    {%- elif meta.unit == 'period' -%}
        {%- for period_type in period_types() %}
        {{ 'or ' if not loop.first }}(period_type = '{{ period_type }}' and {{ in_touched_days('period_start', period_type) }})
        {%- endfor %}
    {%- elif meta.unit == 'messaging_user' -%}
        {{ in_touched_messaging_users() }}
    {%- elif meta.unit == 'part' -%}
        {{ is_of_parts_to_read(meta.log) }}
    {%- elif meta.unit == 'presence_event' -%}
        {{ in_touched_presence_events() }}
    {%- elif meta.unit == 'contacts' -%}
        {{ contacts_are_read_anew() }}
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}


{# Whether the time alone leaves out most of what is not touched, so that a row may be read as it is looked for. #}
{% macro is_told_by_time(meta) %}
    {{ return(
        meta.unit in ('agent', 'all')
        or (meta.unit in ('day', 'month') and not meta.get('has_rows_without_day'))
        or (meta.unit == 'conversation' and (meta.get('lies_by') or meta.get('lies_by_unless_null')) is not none)
    ) }}
{% endmacro %}


{# Writes down what the rows of the tables `changes` touch, each thing only once. #}
{% macro touched_by(meta, changes, columns) %}
    {%- for table in changes %}
        {%- for unit, id in meta.get('touches', {}).items() %}
        insert into {{ journal('touched') }} (unit, id, source)
        select distinct '{{ unit }}', {{ id }}, '{{ model.name }}' from {{ table }} where {{ id }} is not null;
        {%- endfor %}
        {%- if meta.get('touches_conversations') %}
        insert into {{ journal('touched') }} (unit, id, from_ms, source)
        select 'conversation', {{ conversation_of_delivery() }}, min({{ first_moment_of_delivery() }}), '{{ model.name }}'
        from {{ table }}
        group by {{ conversation_of_delivery() }};
        {%- endif %}
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
    {%- endfor %}
    {%- if meta.get('touches_span') %}
        {{ touched_by_spans(meta.touches_span, changes, columns) }}
    {%- endif %}
    {%- for unit, id in meta.get('touches_when_gone', {}).items() %}
        insert into {{ journal('touched') }} (unit, id, source)
        select distinct '{{ unit }}', {{ id }}, '{{ model.name }}' from {{ changes[0] }} where {{ id }} is not null;
    {%- endfor %}
    {%- if meta.get('touches_every_day') %}
        insert into {{ journal('touched') }} (unit, source)
        select distinct 'day', '{{ model.name }}' from {{ changes[0] }};
    {%- endif %}
{% endmacro %}


{# The days of spans: what is the same in `gone` and in `came`, but for how long it lasts, has changed in between alone. #}
{% macro touched_by_spans(span, changes, columns) %}
    {%- set end = span.get('to', "cast(null as timestamp)") %}
    {%- set same = columns | reject('in', [end] + span.get('lasting', [])) | join(', ') %}
        insert into {{ journal('touched') }} (unit, from_day, to_day, source)
        select distinct
            'day', {{ local_date('case when version_count = 1 then ' ~ span.from ~ ' else first_ended_at end') }},
            {{ local_date('last_ended_at') }}, '{{ model.name }}'
        from (
            select
                {{ same }},
                count(*) as version_count,
                min(coalesce({{ end }}, timestamp '9999-12-31')) as first_ended_at,
                max(coalesce({{ end }}, timestamp '9999-12-31')) as last_ended_at
            from (select * from {{ changes[0] }} union all select * from {{ changes[1] }})
            group by {{ same }}
        );
{% endmacro %}


{# The touched days, a select: something that this model reads was replaced there, or as_of has moved on over them. Wider
   than a day, all days of the periods of that name that they lie in. A span without an end goes on to the last day that
   there can be; a day further ahead is one that a rejected delivery says it was received on. #}
{% macro touched_days(period='day') -%}
    select {{ date_series(
        first_day_of(period, 'touched.from_day'),
        last_day_of(period, 'greatest(touched.from_day, least(touched.to_day, scope.last_day))')
    ) }} as touched_day
    from ({{ spans_of_touched_days() }}) as touched
    cross join {{ standing('int_build_scope') }} as scope
{%- endmacro %}


{% macro spans_of_touched_days() -%}
    select
        from_day,
        to_day
    from {{ journal('touched') }}
    where unit = 'day' and source in ('{{ sources_of_touches() | join("', '") }}')
    union all
    select
        last_as_of_day as from_day,
        last_day as to_day
    from {{ standing('int_build_scope') }}
{%- endmacro %}


{# Whether a local day has to be counted anew. True in a build that makes everything anew. #}
{% macro in_touched_days(day, period=none) -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        {{ day }} in ({{ touched_days(period or ('month' if config.get('meta').unit == 'month' else 'day')) }})
    {%- endif -%}
{%- endmacro %}


{# The rows of a table of intervals that end in the time from the first touched day on, or have no end yet: to select from. #}
{% macro since_touched_days(relation, ended_at) -%}
    {%- if is_partial_model() -%}
        {{ rows_since(relation, ended_at, "(select cast(min(from_day) as timestamp) - interval 2 day from (" ~ spans_of_touched_days() ~ "))") }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# Whether an interval reaches into the time from the first touched day on: what does not is left out early. #}
{% macro reaches_into_touched_days(started_at, ended_at, always_ends=false) -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        coalesce({{ local_date(ended_at) }}, date '9999-12-31') >= (select min(from_day) from ({{ spans_of_touched_days() }}))
        {%- if always_ends %}      -- and what is long past at once: no local day is two days from the day in UTC
        and {{ ended_at }} >= (
            select cast(min(from_day) as timestamp) - interval 2 day from ({{ spans_of_touched_days() }})
        )
        {%- endif %}
    {%- endif -%}
{%- endmacro %}


{# Whether a messaging user is touched: one of its sessions or messages was replaced, its own row, or an event that named it. #}
{% macro in_touched_messaging_users(column='messaging_user_id') -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        {{ column }} in (
            select id from {{ journal('touched') }}
            where unit = 'messaging_user' and source in ('{{ sources_of_touches() | join("', '") }}')
        )
    {%- endif -%}
{%- endmacro %}


{# Whether a presence event is touched: a delivery of it has come or gone, or with a given as_of has waited for its moment. #}
{% macro in_touched_presence_events() -%}
    {%- if not is_partial_model() -%}
        true
    {%- else -%}
        event_id in (
            select id from {{ journal('touched') }}
            where unit = 'presence_event'
            union all
            select event_id from {{ standing('stg_messaging__presence_event_ledger') }}
            where received_at > (select last_as_of from {{ standing('int_build_scope') }})
        )
    {%- endif -%}
{%- endmacro %}


{# Who may have touched what this model reads: its sources, and those of the views among them. #}
{% macro sources_of_touches() %}
    {% set names = [] %}
    {% for unique_id in model.depends_on.nodes %}
        {% do names.append(unique_id.split('.')[-1]) %}
        {% set source = graph.nodes.get(unique_id) if execute else none %}
        {% if source and source.config.materialized == 'view' %}
            {% for behind in source.depends_on.nodes %}
                {% do names.append(behind.split('.')[-1]) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(names | unique | sort | list) }}
{% endmacro %}


{# The units of what facts and dimensions alone are needed for, and no working set: such a model can be made anew in any build. #}
{% macro units_out_of_facts() %}
    {{ return(['day', 'month', 'period', 'messaging_user']) }}
{% endmacro %}


{% macro every_day_is_touched() %}
    {% if config.get('meta', {}).get('unit') not in units_out_of_facts() %}
        {{ return(false) }}
    {% endif %}
    {% if 'every_day_is_touched' not in model %}    {#- asked once while a model is rendered -#}
        {% do model.update(every_day_is_touched=run_query(
            "select count(*) > 0 from " ~ journal('touched') ~ " where unit = 'day' and from_day is null and source in ('"
            ~ sources_of_touches() | join("', '") ~ "')"
        ).columns[0].values()[0]) %}
    {% endif %}
    {{ return(model.every_day_is_touched) }}
{% endmacro %}


{# The rows of one relation that the other does not have. Where a grain tells rows apart no two are equal, and the engine joins
   faster than it counts. #}
{% macro rows_without_equal(relation, other, columns) %}
    {%- if config.get('meta').grain -%}
        select {{ columns }} from {{ relation }} as ours
        where not exists (
            select 1 from {{ other }} as theirs
            where {% for column in columns.split(', ') %}{{ 'and ' if not loop.first }}ours.{{ column }} is not distinct from theirs.{{ column }} {% endfor %}
        )
    {%- else -%}
        select {{ columns }} from {{ relation }} except all select {{ columns }} from {{ other }}
    {%- endif -%}
{% endmacro %}
