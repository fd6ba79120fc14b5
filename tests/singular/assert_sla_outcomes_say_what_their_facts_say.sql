-- What an answered clock shows is the duration that its fact publishes; status, target, due time and events agree.
with

outcomes as (
    select * from {{ ref('fct_sla_outcomes') }}
),

measured as (
    select
        outcomes.*,
        case outcomes.metric
            when 'first_response' then sessions.first_responded_at
            when 'next_response' then responses.responded_at
            else sessions.first_resolved_at
        end as expected_stopped_at,
        case (outcomes.metric || ' ' || outcomes.clock)
            when 'first_response business' then sessions.first_response_business_seconds
            when 'first_response calendar' then sessions.first_response_seconds
            when 'next_response business' then responses.wait_business_seconds
            when 'next_response calendar' then responses.wait_seconds
            when 'resolution business' then sessions.first_resolution_business_seconds
            when 'resolution calendar' then sessions.first_resolution_seconds
        end as expected_seconds,
        case outcomes.metric
            when 'first_response' then sessions.first_response_agent_id
            when 'next_response' then responses.agent_id
            else outcomes.agent_id
        end as expected_agent_id,
        start_events.occurred_at as start_occurred_at,
        stop_events.occurred_at as stop_occurred_at,
        sessions.ended_at
    from outcomes
    inner join {{ ref('fct_messaging_sessions') }} as sessions using (session_id)
    left join {{ ref('fct_responses') }} as responses
        on outcomes.session_id = responses.session_id and outcomes.response_number = responses.response_number
    left join {{ ref('fct_conversation_events') }} as start_events
        on outcomes.started_event_id = start_events.event_id
    left join {{ ref('fct_conversation_events') }} as stop_events on outcomes.stopped_event_id = stop_events.event_id
)

select
    session_id,
    metric
from measured
where
    stopped_at is distinct from expected_stopped_at
    or started_at is distinct from start_occurred_at
    or stopped_at is distinct from stop_occurred_at
    or agent_id is distinct from expected_agent_id
    or (stopped_at is not null and elapsed_seconds is distinct from expected_seconds)
    or is_breached is distinct from (elapsed_seconds > target_seconds)
    or is_met is distinct from (stopped_at is not null and not is_breached)
    or is_cancelled is distinct from (stopped_at is null and not is_breached and ended_at is not null)
    or is_running is distinct from (stopped_at is null and not is_breached and ended_at is null)
    or sla_status is distinct from case
        when is_met then 'met'
        when is_breached then 'breached'
        when is_cancelled then 'cancelled'
        when is_running then 'running'
    end
    -- An answer by the due time is in time; one after it may be too, if the business was closed in between.
    or (stopped_at <= due_at and not is_met)
    or due_at < started_at
