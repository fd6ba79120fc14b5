-- Grain: one row per segment of an agent's time that this build cut.
{{ waits_for('int_timeline_spans_touched') }}
{{ config(materialized='view') }}
with

segments as (
    select * from {{ ref('int_agent_timeline_swept') }}
),

final as (
    {%- if is_partial_build() %}
    select segments.* replace (spans.agent_id as agent_id)
    from segments
    inner join {{ ref('int_timeline_spans_touched') }} as spans on segments.agent_id = {{ span_id('spans') }}
    {%- else %}
    select * from segments
    {%- endif %}
)

select * from final
