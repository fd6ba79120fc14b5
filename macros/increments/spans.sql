{# The CTE `spans_merged`, or another name: what overlaps or touches among the spans (from_ms to to_ms, both included) of a key is one span;
   so is what lies less than a quarter of an hour apart, because nothing is lost by looking at a little more. #}
{% macro spans_merged(spans, key, name='spans_merged') %}
{{ name }}_told_once as (      -- of two that are equal, neither comes first
    select
        {{ key }},
        from_ms,
        max(to_ms) as to_ms
    from {{ spans }}
    group by {{ key }}, from_ms
),

{{ name }}_preceded as (
    select
        *,
        max(to_ms) over (
            partition by {{ key }} order by from_ms rows between unbounded preceding and 1 preceding
        ) as to_ms_before
    from {{ name }}_told_once
),

{{ name }}_numbered as (
    select
        *,
        count(*) filter (where to_ms_before is null or from_ms > to_ms_before + 900000) over (
            partition by {{ key }} order by from_ms rows unbounded preceding
        ) as span_number
    from {{ name }}_preceded
),

{{ name }} as (
    select
        {{ key }},
        span_number,
        min(from_ms) as from_ms,
        max(to_ms) as to_ms
    from {{ name }}_numbered
    group by {{ key }}, span_number
)
{%- endmacro %}


{# Milliseconds for "since ever" and "for ever": the first and the last day that a timestamp has. #}
{% macro since_ever_ms() %}-62135596800000{% endmacro %}
{% macro for_ever_ms() %}253402300799999{% endmacro %}


{# In a partial build an agent's time is looked at by spans, and what happens in one must not run into the next: where the
   interval functions look for an agent, each span is an agent of its own. #}
{% macro span_id(spans) -%}
    {{ spans }}.agent_id || '@' || cast({{ spans }}.from_ms as varchar)
{%- endmacro %}


{# Rows with a moment (`at_ms`) out of the spans, their ends included: what happens then ends what happens before. #}
{% macro within_spans(rows, at_ms, spans) -%}
    {{- waits_for(spans) -}}
    {%- if is_partial_build() -%}
    select rows_of_agents.* replace ({{ span_id('spans') }} as agent_id)
    from {{ rows }} as rows_of_agents
    inner join {{ ref(spans) }} as spans
        on
            rows_of_agents.agent_id = spans.agent_id
            and rows_of_agents.{{ at_ms }} >= spans.from_ms
            and rows_of_agents.{{ at_ms }} <= spans.to_ms
    {%- else -%}
    select * from {{ rows }}
    {%- endif -%}
{%- endmacro %}


{# Intervals (`started_ms`, `ended_ms`, null while open), cut to the spans that they reach into. #}
{% macro clipped_to_spans(intervals, spans) -%}
    {{- waits_for(spans) -}}
    {%- if is_partial_build() -%}
    select intervals.* replace (
        {{ span_id('spans') }} as agent_id,
        greatest(intervals.started_ms, spans.from_ms) as started_ms,
        nullif(least(coalesce(intervals.ended_ms, {{ for_ever_ms() }}), spans.to_ms), {{ for_ever_ms() }}) as ended_ms
    )
    from {{ intervals }} as intervals
    inner join {{ ref(spans) }} as spans
        on
            intervals.agent_id = spans.agent_id
            and intervals.started_ms <= spans.to_ms
            and coalesce(intervals.ended_ms, {{ for_ever_ms() }}) >= spans.from_ms
    {%- else -%}
    select * from {{ intervals }}
    {%- endif -%}
{%- endmacro %}


{# Whether a row of an agent begins in one of the spans. #}
{% macro in_spans(spans, agent_id, at_ms) -%}
    exists (
        select 1 from {{ spans }} as spans
        where spans.agent_id = {{ agent_id }} and {{ at_ms }} >= spans.from_ms and {{ at_ms }} < spans.to_ms
    )
{%- endmacro %}


{# Of a stored table of intervals (`ended_at`, null while open) those that may reach into a span of the timeline to be cut anew, to
   select from; in a whole build the table. #}
{% macro reaching_into_spans(relation) -%}
    {{- waits_for('int_timeline_spans_touched') -}}
    {%- if is_partial_build() -%}
    {{ rows_since(relation, 'ended_at', earliest_of(ref('int_timeline_spans_touched'), 'from_ms')) }}
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}
