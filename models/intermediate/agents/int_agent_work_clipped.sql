-- Grain: one row per closed piece of work whose agent had its session in focus meanwhile: for how long.
with

works as (
    select
        *,
        {{ epoch_milliseconds('accepted_at') }} as accepted_ms,
        {{ epoch_milliseconds('closed_at') }} as closed_ms
    from {{ ref('int_agent_work_concluded') }}
    where closed_at >= accepted_at
),

visits as (
    select
        visits.agent_id,
        visits.session_id,
        visits.started_ms,
        coalesce(visits.ended_ms, greatest(build.as_of_ms, visits.started_ms)) as ended_ms
    from {{ ref('int_visits_known') }} as visits
    cross join {{ ref('int_build') }} as build
),

final as (
    select
        works.conversation_id,
        works.work_id,
        {{ seconds_from_milliseconds(
            'cast(sum(least(visits.ended_ms, works.closed_ms) - greatest(visits.started_ms, works.accepted_ms)) as bigint)'
        ) }} as active_seconds
    from works
    inner join visits
        on
            works.agent_id = visits.agent_id
            and works.session_id = visits.session_id
            and works.closed_ms > visits.started_ms
            and works.accepted_ms < visits.ended_ms
    group by works.conversation_id, works.work_id
)

select * from final
