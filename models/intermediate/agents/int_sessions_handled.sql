-- Grain: one row per session that an agent had in focus: how long, over the visits that are over.
with

visits as (
    select
        *,
        ended_ms - started_ms as visit_ms
    from {{ ref('int_visits_known') }}
    where ended_ms is not null
),

by_agent as (
    select
        session_id,
        agent_id,
        sum(case when is_handled then visit_ms else 0 end) as handle_ms,
        sum(case when is_handled then 0 else visit_ms end) as viewing_ms,
        max(case when is_handled then ended_ms end) as handled_until_ms,
        max(case when is_handled then ended_ms end) - min(case when is_handled then started_ms end) as attended_ms
    from visits
    group by session_id, agent_id
),

final as (
    select
        session_id,
        {{ seconds_from_milliseconds('cast(sum(handle_ms) as bigint)') }} as handle_seconds,
        {{ seconds_from_milliseconds('cast(sum(viewing_ms) as bigint)') }} as viewing_seconds,
        -- One conversation at a time: each agent who wrote, from the first such visit to the end of the last.
        {{ seconds_from_milliseconds('cast(sum(coalesce(attended_ms, 0)) as bigint)') }} as attended_seconds,
        {{ timestamp_from_milliseconds('max(handled_until_ms)') }} as last_handled_at
    from by_agent
    group by session_id
)

select * from final
