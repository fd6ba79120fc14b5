-- Grain: one row per resolved session: topic and resolver's team of the last of its cycles that was resolved.
with

cycles as (
    select
        *,
        max(cycle_number) over (partition by session_id) as last_resolved_cycle_number
    from {{ ref('int_resolution_cycles_cut') }}
    where resolved_at is not null
),

last_cycles as (
    select * from cycles
    where cycle_number = last_resolved_cycle_number
),

final as (
    select
        last_cycles.session_id,
        teams_then.team_id as resolved_team_id,
        last_cycles.topic_id as resolved_topic_id
    from last_cycles
    {{ join_team_of('last_cycles.resolved_by_agent_id', 'last_cycles.resolved_at') }}
)

select * from final
