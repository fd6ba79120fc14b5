-- Grain: one row per metric, session and, for next responses, response that a policy holds for.
with

clocks as (
    select
        *,
        case
            when elapsed_ms > target_ms then 'breached'
            when stopped_at is not null then 'met'
            when ended_at is not null then 'cancelled'
            else 'running'
        end as sla_status
    from {{ ref('int_sla_clocks_measured') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

final as (
    select
        clocks.policy_id,
        clocks.metric,
        clocks.session_id,
        clocks.response_number,
        contexts.conversation_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        clocks.agent_id,
        clocks.team_id,
        clocks.topic_id,
        clocks.started_event_id,
        clocks.stopped_event_id,
        clocks.clock,
        clocks.sla_status,
        clocks.started_at,
        {{ local_date('clocks.started_at') }} as started_date,
        clocks.due_at,
        clocks.stopped_at,
        {{ seconds_from_milliseconds('clocks.elapsed_ms') }} as elapsed_seconds,
        {{ seconds_from_milliseconds('clocks.target_ms') }} as target_seconds,
        clocks.sla_status = 'met' as is_met,
        clocks.sla_status = 'breached' as is_breached,
        clocks.sla_status = 'running' as is_running,
        clocks.sla_status = 'cancelled' as is_cancelled,
        clocks.sla_status = 'breached' and clocks.stopped_at is null and clocks.ended_at is null as is_overdue,
        contexts.is_test_channel,
        {{ is_clock_anomaly('clocks.started_at', 'coalesce(clocks.stopped_at, clocks.ended_at)') }} as has_clock_anomaly
    from clocks
    inner join contexts using (session_id)
)

select * from final
order by started_at
