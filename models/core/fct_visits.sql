-- Grain: one row per visit: a stretch in which an agent had one conversation in focus.
with

visits as (
    select
        *,
        {{ timestamp_from_milliseconds('started_ms') }} as started_at,
        {{ timestamp_from_milliseconds('ended_ms') }} as ended_at
    from {{ ref('int_visits_known') }}
    where {{ in_touched_conversations() }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

final as (
    select
        visits.visit_id,
        visits.agent_id,
        visits.conversation_id,
        visits.session_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        teams_then.team_id,
        visits.last_event_id,
        visits.ended_event_id,
        visits.started_at,
        {{ local_date('visits.started_at') }} as started_date,
        visits.ended_at,
        visits.event_count,
        visits.message_count,
        case
            when visits.is_idle_capped then cast(60 * {{ var('focus_idle_minutes') }} as decimal(18, 3))
            else cast(0 as decimal(18, 3))
        end as idle_tail_seconds,
        {{ seconds_between('visits.started_at', 'visits.ended_at') }} as visit_seconds,
        visits.is_handled,
        visits.is_idle_capped,
        visits.ended_ms is null as is_open,
        contexts.is_test_channel,
        -- A visit is cut out of events in their order, so it cannot run backwards.
        false as has_clock_anomaly
    from visits
    inner join contexts using (session_id)
    {{ join_team_of('visits.agent_id', 'visits.started_at') }}
)

select * from final
order by started_at
