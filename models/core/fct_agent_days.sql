-- Grain: one row per agent, team of the moment and local day: how the agent's time was spent, out of the timeline.
with

{{ segments_clipped_at_midnight() }},

sides_told as (      -- test channels take an agent's presence, and nothing else
    select
        *,
        is_online and not is_away as is_working,
        is_handled and not is_test_channel as is_handling,
        visit_id is not null and not is_handled and not is_test_channel as is_viewing,
        open_work_count - test_work_count as work_count,
        open_work_weight - test_work_weight as work_weight,
        {{ plausible_load('capacity') }} as capacity_load,
        coalesce(is_online and capacity is not null, false) as is_capacity_known
    from clipped
),

loads_told as (      -- null where nothing is known, 0 where nothing was carried
    select
        *,
        case when status is not null then case when is_online then work_count else 0 end end as online_work_count,
        case when is_capacity_known then work_weight end as online_work_weight,
        case when is_capacity_known then capacity_load end as online_capacity
    from sides_told
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
        coalesce(bool_or(is_online or is_unknown or is_handling or is_viewing or work_count > 0), false) as is_active
    from loads_told
    group by agent_id, team_id, activity_date
)

select * from final
