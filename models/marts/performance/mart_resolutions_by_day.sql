-- Grain: one row per day, kind of resolver, agent, team and topic; resolutions count on the day of the resolve.
with

resolutions as (
    select
        *,
        {{ id_or_none('resolved_by_agent_id') }} as agent,
        {{ id_or_none('team_id') }} as team,
        {{ id_or_none('topic_id') }} as topic
    from {{ ref('fct_resolutions') }}
    where is_resolved and not is_test_channel and {{ in_touched_days('resolved_date') }}
),

final as (
    select
        resolved_date,
        resolved_by_type,
        agent as agent_id,
        team as team_id,
        topic as topic_id,
        {{- metrics([
            'resolution_count', 'resolved_session_count', 'measured_resolution_count', 'resolution_sum_seconds',
            'average_resolution_seconds', 'p50_resolution_seconds', 'p90_resolution_seconds', 'p95_resolution_seconds'
        ]) }}
    from resolutions
    group by resolved_date, resolved_by_type, agent, team, topic
)

select * from final
{{ in_order_of('resolved_date') }}
