-- Grain: one row per visit and span of the timeline to be cut anew that it reaches into; in a whole build, per visit.
{{ config(materialized='view') }}
with

visits as (
    select
        visit_id,
        agent_id,
        started_ms,
        ended_ms
    from {{ ref('int_visits_known') }}
),

final as (
    {{ clipped_to_spans('visits', 'int_timeline_spans_touched') }}
)

select * from final
