-- Grain: one row per agent, team of the moment and local day: how the agent's time was spent, out of the timeline.
with

{{ segments_clipped_at_midnight() }},

sides_told as (
    select
        *,
        is_online and not is_away as is_working,
        visit_id is not null and is_handled and not is_test_channel as is_handling,
        visit_id is not null and not is_handled and not is_test_channel as is_viewing,
        open_work_count - test_work_count as work_count,
        case when status is not null then case when is_online then open_work_count - test_work_count else 0 end end
            as online_work_count,
        case when is_online and capacity is not null then open_work_weight - test_work_weight end as online_work_weight,
        -- `least` passes over null, and a capacity that is not known is none of a million.
        case when is_online and capacity is not null then least(capacity, 1000000) end as online_capacity
    from clipped
),

final as (
    select
        agent_id,
        team_id,
        activity_date,
        {{ seconds_from_milliseconds('cast(sum(clipped_ms) as bigint)') }} as span_seconds,
        {{ seconds_known_to_be('is_online') }} as online_seconds,
        {{ seconds_known_to_be('is_available') }} as available_seconds,
        {{ seconds_known_to_be('is_away') }} as away_seconds,
        {{ seconds_known_to_be('is_unknown') }} as unknown_seconds,
        {{ seconds_known_to_be('not is_online and not is_unknown') }} as offline_seconds,
        {{ seconds_known_to_be('is_working') }} as working_seconds,
        {{ seconds_from_milliseconds('cast(sum(case when is_handling then clipped_ms else 0 end) as bigint)') }}
            as handle_seconds,
        {{ seconds_from_milliseconds('cast(sum(case when is_viewing then clipped_ms else 0 end) as bigint)') }}
            as viewing_seconds,
        {{ seconds_known_to_be('is_working and is_handling') }} as handle_working_seconds,
        {{ seconds_known_to_be('is_online and work_count > 0') }} as occupied_seconds,
        {{ load_seconds('online_work_count') }} as open_work_seconds,
        {{ load_seconds('online_work_weight') }} as open_weight_seconds,
        {{ load_seconds('online_capacity') }} as capacity_seconds,
        -- Whether there is more to tell of the day than that the agent was off.
        bool_or(status is null or is_online or is_unknown or visit_id is not null or open_work_count > 0) as is_active
    from sides_told
    group by agent_id, team_id, activity_date
)

select * from final
