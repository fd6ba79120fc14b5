-- Grain: one row per resolution cycle of a session; a cycle that nothing resolved has no resolve.
with

cycles as (
    select * from {{ ref('int_resolution_cycles_cut') }}
    {{ 'where false' if not is_recorded('resolutions') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

final as (
    select
        cycles.session_id,
        cycles.cycle_number,
        cycles.conversation_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        cycles.topic_id,
        cycles.resolved_by_type,
        cycles.resolved_by_agent_id,
        teams_then.team_id,
        cycles.opened_event_id,
        cycles.resolved_event_id,
        cycles.opened_at,
        cycles.resolved_at,
        {{ local_date('cycles.resolved_at') }} as resolved_date,
        {{ seconds_between('cycles.opened_at', 'cycles.resolved_at') }} as resolution_seconds,
        {{ business_seconds_between('contexts.business_hours_id',
            'open_at_start', 'cycles.opened_at', 'open_at_resolve', 'cycles.resolved_at') }}
            as resolution_business_seconds,
        cycles.is_last_cycle,
        cycles.resolved_at is not null as is_resolved,
        contexts.is_test_channel,
        {{ is_clock_anomaly('cycles.opened_at', 'cycles.resolved_at') }} as has_clock_anomaly
    from cycles
    inner join contexts using (session_id)
    {{ join_opened_by('open_at_start', 'contexts.business_hours_id', 'cycles.opened_at') }}
    {{ join_opened_by('open_at_resolve', 'contexts.business_hours_id', 'cycles.resolved_at') }}
    {{ join_team_of('cycles.resolved_by_agent_id', 'cycles.resolved_at') }}
)

select * from final
order by opened_at
