-- Grain: one row per presence interval and span of the timeline to be cut anew that it reaches into, and one without
-- length at each end of a span: something ends and begins there, if only outside.
{{ config(materialized='view') }}
with

intervals as (
    select
        presence_event_id,
        agent_id,
        started_ms,
        ended_ms
    from {{ ref('int_presence_known') }}
),

clipped as (
    {{ clipped_to_spans('intervals', 'int_timeline_spans_touched') }}
),

ends as (
    select
        agent_id,
        from_ms,
        from_ms as at_ms
    from {{ ref('int_timeline_spans_touched') }}
    where from_ms != {{ since_ever_ms() }}
    union all
    select
        agent_id,
        from_ms,
        to_ms as at_ms
    from {{ ref('int_timeline_spans_touched') }}
    where to_ms != {{ for_ever_ms() }}
),

final as (
    select
        presence_event_id,
        agent_id,
        started_ms,
        ended_ms
    from clipped
    union all
    select
        cast(null as varchar) as presence_event_id,
        {{ span_id('ends') }} as agent_id,
        at_ms as started_ms,
        at_ms as ended_ms
    from ends
)

select * from final
