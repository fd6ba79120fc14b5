-- Grain: one row per visit that this build needs: of the touched conversations, and in the spans to be cut anew.
{{ waits_for('int_visit_spans_touched', 'int_visits_paired', 'int_timeline_spans_touched') }}
{{ config(materialized='working_set') }}
with
{% if is_partial_build() %}
spans as (
    select
        *,
        {{ span_id('spans') }} as span_id
    from {{ ref('int_visit_spans_touched') }} as spans
),

paired as (      -- the visit at the end of a span is there to end what is before it
    select visits.* replace (spans.agent_id as agent_id)
    from {{ ref('int_visits_paired') }} as visits
    inner join spans on visits.agent_id = spans.span_id
    where visits.started_ms < spans.to_ms
),

visits_there as (
    select * from {{ of_touched_conversations(standing('fct_visits')) }}
    union
    select * from {{ reaching_into_spans(standing('fct_visits')) }} as visits
    semi join {{ ref('int_timeline_spans_touched') }} as cut_anew
        on
            visits.agent_id = cut_anew.agent_id
            and {{ epoch_milliseconds('visits.started_at') }} <= cut_anew.to_ms
            and coalesce({{ epoch_milliseconds('visits.ended_at') }}, {{ for_ever_ms() }}) >= cut_anew.from_ms
),

stood as (
    select
        visit_id,
        agent_id,
        conversation_id,
        session_id,
        last_event_id,
        ended_event_id,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        {{ epoch_milliseconds('ended_at') }} as ended_ms,
        event_count,
        message_count,
        is_handled,
        is_idle_capped
    from visits_there
),

known as (
    select
        visit_id,
        agent_id,
        conversation_id,
        session_id,
        last_event_id,
        ended_event_id,
        started_ms,
        ended_ms,
        event_count,
        message_count,
        is_handled,
        is_idle_capped
    from paired
    union all
    select * from stood
    where not {{ in_spans('spans', 'stood.agent_id', 'stood.started_ms') }}
),
{% else %}
known as (
    select * from {{ ref('int_visits_paired') }}
),
{% endif %}
final as (
    select * from known
)

select * from final
