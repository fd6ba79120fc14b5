-- Grain: one row per session: how long it took, on the calendar and on the clock of its channel's business.
{%- set schedule = 'contexts.business_hours_id' %}
with

sessions as (
    select * from {{ ref('int_sessions_concluded') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

first_responses as (
    select * from {{ ref('int_first_responses') }}
),

final as (
    select
        sessions.session_id,
        {{ seconds_between('first_responses.first_response_started_at', 'first_responses.first_responded_at') }}
            as first_response_seconds,
        {{ business_seconds_between(
            schedule, 'open_at_question', 'first_responses.first_response_started_at',
            'open_at_answer', 'first_responses.first_responded_at'
        ) }} as first_response_business_seconds,
        {{ seconds_between('sessions.started_at', 'sessions.first_resolved_at') }} as first_resolution_seconds,
        {{ business_seconds_between(
            schedule, 'open_at_start', 'sessions.started_at', 'open_at_first_resolve', 'sessions.first_resolved_at'
        ) }} as first_resolution_business_seconds,
        {{ seconds_between('sessions.started_at', 'sessions.last_resolved_at') }} as resolution_seconds,
        {{ business_seconds_between(
            schedule, 'open_at_start', 'sessions.started_at', 'open_at_last_resolve', 'sessions.last_resolved_at'
        ) }} as resolution_business_seconds,
        {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as duration_seconds,
        {{ is_clock_anomaly('sessions.started_at', 'sessions.ended_at') }} as has_clock_anomaly
    from sessions
    inner join contexts using (session_id)
    left join first_responses using (session_id)
    {{ join_opened_by('open_at_question', schedule, 'first_responses.first_response_started_at') }}
    {{ join_opened_by('open_at_answer', schedule, 'first_responses.first_responded_at') }}
    {{ join_opened_by('open_at_start', schedule, 'sessions.started_at') }}
    {{ join_opened_by('open_at_first_resolve', schedule, 'sessions.first_resolved_at') }}
    {{ join_opened_by('open_at_last_resolve', schedule, 'sessions.last_resolved_at') }}
)

select * from final
