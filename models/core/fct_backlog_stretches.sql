-- Grain: one row per backlog and stretch in which a session is in it.
with

sessions as {{ inlined() }} (
    select * from {{ of_touched_conversations(ref('fct_messaging_sessions')) }}
),

cycles as {{ inlined() }} (
    select * from {{ of_touched_conversations(ref('fct_resolutions')) }}
),

customer_runs as (
    select * from {{ of_touched_conversations(ref('fct_responses')) }}
    where responder_type is distinct from 'end_user'
),

days as (
    select * from {{ ref('dim_dates') }}
),

stretches as (      -- a resolve that stands, and the end of the session, let no one wait any longer
    select
        'open' as backlog_type,
        session_id,
        1 as stretch_number,
        opened_event_id as started_event_id,
        started_at,
        ended_at
    from sessions
    union all
    select
        'unresolved' as backlog_type,
        cycles.session_id,
        cycles.cycle_number as stretch_number,
        cycles.opened_event_id as started_event_id,
        cycles.opened_at as started_at,
        least(cycles.resolved_at, sessions.ended_at) as ended_at
    from cycles
    inner join sessions using (session_id)
    union all
    select
        'unanswered' as backlog_type,
        runs.session_id,
        runs.response_number as stretch_number,
        runs.prompted_first_event_id as started_event_id,
        runs.prompted_first_at as started_at,
        least(runs.responded_at, last_cycles.resolved_at, sessions.ended_at) as ended_at
    from customer_runs as runs
    inner join sessions using (session_id)
    left join cycles as last_cycles on runs.session_id = last_cycles.session_id and last_cycles.is_last_cycle
),

final as (
    select
        stretches.backlog_type,
        stretches.session_id,
        stretches.stretch_number,
        sessions.conversation_id,
        sessions.channel_id,
        sessions.messaging_user_id,
        sessions.account_id,
        stretches.started_event_id,
        stretches.started_at,
        {{ hour_of('stretches.started_at', 'first_days') }} as started_hour_at,
        stretches.ended_at,
        {{ hour_of('stretches.ended_at', 'last_days') }} as ended_hour_at,
        {{ seconds_between('stretches.started_at', 'stretches.ended_at') }} as stretch_seconds,
        stretches.ended_at is null as is_open,
        sessions.is_test_channel,
        false as has_clock_anomaly      -- a stretch is cut out of events in their order, so it cannot run backwards
    from stretches
    inner join sessions using (session_id)
    inner join days as first_days on {{ local_date('stretches.started_at') }} = first_days.date_day
    left join days as last_days on {{ local_date('stretches.ended_at') }} = last_days.date_day
    where stretches.ended_at is null or stretches.ended_at > stretches.started_at
)

select * from final
order by started_at
