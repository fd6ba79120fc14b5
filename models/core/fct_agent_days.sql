-- Grain: one row per agent, team of the moment and local day: how the agent's time was spent, out of the timeline.
with

{{ segments_clipped_at_midnight(where=reaches_into_touched_days('started_at', 'ended_at', always_ends=true)) }},

{{ clipped_segments_told() }},

final as (
    select
        agent_id,
        team_id,
        activity_date,
        {{ seconds_from_milliseconds('cast(sum(clipped_ms) as bigint)') }} as span_seconds,
        {{ agent_time_sums() }},
        -- Whether there is more to tell of the day than that the agent was off.
        coalesce(bool_or(is_online or is_unknown or is_handling or is_viewing or work_count > 0), false) as is_active
    from loads_told
    where {{ in_touched_days('activity_date') }}
    group by agent_id, team_id, activity_date
)

select * from final
{{ in_order_of('activity_date') }}
