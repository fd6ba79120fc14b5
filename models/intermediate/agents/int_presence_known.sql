-- Grain: one row per presence interval that the timeline may need; is_paired_anew where this build paired it.
{{ waits_for('int_presence_spans_touched', 'int_presence_paired', 'int_timeline_spans_touched') }}
{{ config(materialized='working_set') }}
with
{% if is_partial_build() %}
spans as (
    select
        *,
        {{ span_id('spans') }} as span_id
    from {{ ref('int_presence_spans_touched') }} as spans
),

paired as (      -- the event at the end of a span is there to end what is before it
    select intervals.* replace (spans.agent_id as agent_id)
    from {{ ref('int_presence_paired') }} as intervals
    inner join spans on intervals.agent_id = spans.span_id
    where intervals.started_ms < spans.to_ms
),

stood as (
    select
        presence_event_id,
        agent_id,
        status,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        {{ epoch_milliseconds('ended_at') }} as ended_ms,
        is_unknown
    from {{ reaching_into_spans(standing('fct_agent_presence')) }}      -- all others are long past
),

known as (
    select
        presence_event_id,
        agent_id,
        status,
        started_ms,
        ended_ms,
        is_unknown,
        true as is_paired_anew
    from paired
    union all
    select
        presence_event_id,
        agent_id,
        status,
        started_ms,
        ended_ms,
        is_unknown,
        false as is_paired_anew
    from stood
    where
        not {{ in_spans('spans', 'stood.agent_id', 'stood.started_ms') }}
        and exists (
            select 1 from {{ ref('int_timeline_spans_touched') }} as cut_anew
            where
                stood.agent_id = cut_anew.agent_id
                and stood.started_ms <= cut_anew.to_ms
                and coalesce(stood.ended_ms, {{ for_ever_ms() }}) >= cut_anew.from_ms
        )
),
{% else %}
known as (
    select
        *,
        true as is_paired_anew
    from {{ ref('int_presence_paired') }}
),
{% endif %}
final as (
    select * from known
)

select * from final
