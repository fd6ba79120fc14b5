-- Grain: one row per agent and session that the agent had in focus in the twelve hours before as_of.
with

{{ trailing_hours(ref('int_build')) }},

visits as (
    select
        visits.*,
        last_hours.trailing_started_at,
        {{ trailing_milliseconds('visits.started_at', 'coalesce(visits.ended_at, last_hours.trailing_ended_at)') }}
            as clipped_ms
    from {{ ref('fct_visits') }} as visits
    cross join last_hours
    where
        visits.started_at < last_hours.trailing_ended_at
        -- A visit without length is a visit all the same.
        and (
            visits.started_at >= last_hours.trailing_started_at
            or coalesce(visits.ended_at, last_hours.trailing_ended_at) > last_hours.trailing_started_at
        )
),

summed as (
    select
        agent_id,
        session_id,
        trailing_started_at,
        is_test_channel,
        count(*) as visit_count,
        {{ seconds_from_milliseconds('cast(sum(case when is_handled then clipped_ms else 0 end) as bigint)') }}
            as handle_seconds,
        {{ seconds_from_milliseconds('cast(sum(case when is_handled then 0 else clipped_ms end) as bigint)') }}
            as viewing_seconds,
        bool_or(is_handled) as is_handled
    from visits
    group by agent_id, session_id, trailing_started_at, is_test_channel
),

final as (
    select
        agent_id,
        session_id,
        trailing_started_at,
        visit_count,
        handle_seconds,
        viewing_seconds,
        case when is_handled then session_id end as handled_session_id,
        case when is_handled then handle_seconds end as handled_session_seconds,
        is_handled,
        is_test_channel
    from summed
)

select * from final
