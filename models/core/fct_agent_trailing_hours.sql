-- Grain: one row per agent with a timeline in the twelve hours before as_of: how that time was spent.
with

{{ trailing_hours(ref('int_build')) }},

clipped as (
    select
        segments.*,
        last_hours.trailing_started_at,
        {{ trailing_milliseconds('segments.started_at', 'segments.ended_at') }} as clipped_ms
    from {{ ref('fct_agent_timeline') }} as segments
    cross join last_hours
    where segments.started_at < last_hours.trailing_ended_at and segments.ended_at > last_hours.trailing_started_at
),

{{ clipped_segments_told() }},

final as (
    select
        agent_id,
        trailing_started_at,
        {{ agent_time_sums() }}
    from loads_told
    group by agent_id, trailing_started_at
)

select * from final
