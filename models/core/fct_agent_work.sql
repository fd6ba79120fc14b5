-- Grain: one row per conversation and work id: an offer of work, and what became of it.
{{ waits_for_readers(['int_agent_timeline_swept']) }}
with

works as (
    select * from {{ ref('int_agent_work_concluded') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

active_times as (
    select * from {{ ref('int_agent_work_clipped') }}
),

measured as (
    select
        *,
        {{ seconds_if_recorded('requests', seconds_between('requested_at', 'accepted_at')) }}
            as speed_to_answer_seconds,
        {{ seconds_between('accepted_at', 'closed_at') }} as work_handle_seconds,
        {{ seconds_between('after_work_started_at', 'closed_at') }} as after_work_seconds
    from works
),

final as (
    select
        measured.conversation_id,
        measured.work_id,
        measured.session_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        measured.agent_id,
        measured.team_id,
        measured.agent_team_id,
        measured.terminal_agent_id,
        teams_then.team_id as terminal_team_id,
        measured.requested_event_id,
        measured.assigned_event_id,
        measured.accepted_event_id,
        measured.terminal_event_id,
        measured.status,
        measured.work_reason,
        measured.requested_at,
        measured.assigned_at,
        {{ local_date('measured.assigned_at') }} as assigned_date,
        measured.accepted_at,
        {{ local_date('measured.accepted_at') }} as accepted_date,
        measured.after_work_started_at,
        measured.terminal_at,
        {{ local_date('measured.terminal_at') }} as terminal_date,
        measured.closed_at,
        {{ local_date('measured.closed_at') }} as closed_date,
        measured.capacity_weight,
        measured.speed_to_answer_seconds,
        measured.work_handle_seconds,
        measured.after_work_seconds,
        {{ seconds_if_recorded('focus',
            'case when measured.work_handle_seconds is not null then coalesce(active_times.active_seconds, 0) end'
        ) }} as active_seconds,
        measured.work_reason = 'first' as is_first_work,
        measured.accepted_at is not null as is_accepted,
        measured.closed_at is not null as is_closed,
        measured.status = 'opened' as is_open,
        measured.is_closed_by_session_end,
        contexts.is_test_channel,
        {{ is_clock_anomaly('measured.requested_at', 'measured.accepted_at') }}
        or {{ is_clock_anomaly('measured.accepted_at', 'measured.closed_at') }}
        or {{ is_clock_anomaly('measured.after_work_started_at', 'measured.closed_at') }} as has_clock_anomaly
    from measured
    inner join contexts using (session_id)
    left join active_times
        on measured.conversation_id = active_times.conversation_id and measured.work_id = active_times.work_id
    {{ join_team_of('measured.terminal_agent_id', 'measured.terminal_at') }}
)

select * from final
order by requested_at
