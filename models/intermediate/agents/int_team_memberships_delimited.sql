-- Grain: one row per agent and stretch of time in one team; stretches of an agent never overlap.
{{ config(materialized='view') }}
with

memberships as (
    select
        agent_id,
        team_id,
        {{ epoch_milliseconds('valid_from') }} as started_ms,
        {{ epoch_milliseconds('valid_to') }} as ended_ms
    from {{ ref('int_team_memberships_flattened') }}
),

final as (
    {{ clipped_to_spans('memberships', 'int_timeline_spans_touched') }}
)

select * from final
