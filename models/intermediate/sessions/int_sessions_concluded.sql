-- Grain: one row per session: how it stands at as_of, from its events and its silence.
with

sessions as (
    select * from {{ ref('int_sessions_aggregated') }}
),

build as (
    select * from {{ ref('int_build') }}
),

resolutions as (
    select
        session_id,
        count(*) as cycle_count,
        min(resolved_at) as first_resolved_at,
        max(last_resolved_at) as last_resolved_at,
        max_by(resolved_by_type, case when resolved_at is not null then cycle_number end) as resolved_by_type,
        max_by(coalesce(resolved_by_agent_id, ''), case when resolved_at is not null then cycle_number end)
            as resolved_by_agent_id,
        max(case when is_last_cycle then resolved_at end) as standing_resolved_at
    from {{ ref('int_resolution_cycles_cut') }}
    group by session_id
),

unanswered as (
    select
        session_id,
        prompted_first_at as unanswered_since_at
    from {{ ref('int_responses_paired') }}
    where responded_at is null
),

pending_work as (
    select * from {{ ref('int_sessions_with_pending_work') }}
),

standing as (
    select
        sessions.*,
        resolutions.* exclude (session_id, resolved_by_agent_id),
        nullif(resolutions.resolved_by_agent_id, '') as resolved_by_agent_id,
        unanswered.unanswered_since_at,
        pending_work.pending_since_at,
        unanswered.session_id is not null as has_unanswered_customer,
        sessions.are_messages_recorded
        and (sessions.is_handed_off or sessions.agent_message_count > 0 or sessions.bot_message_count = 0)
            as is_human_due,
        {{ hours_after('sessions.last_activity_at', var('session_inactivity_hours')) }} as inactive_at,
        build.as_of
    from sessions
    inner join resolutions using (session_id)
    left join unanswered using (session_id)
    left join pending_work using (session_id)
    cross join build
),

silences_judged as (
    select
        *,
        has_later_session or as_of >= inactive_at as is_silent_for_good,
        least(pending_since_at, case when is_human_due then unanswered_since_at end) as unattended_since_at
    from standing
),

ended as (
    select
        *,
        case
            when conversation_ended_at is not null then conversation_ended_at
            when is_silent_for_good then coalesce(standing_resolved_at, inactive_at)
        end as ended_at,
        case
            when conversation_ended_at is not null then conversation_ended_by_type
            when is_silent_for_good and standing_resolved_at is not null then resolved_by_type
            when is_silent_for_good then 'system'
        end as ended_by_type
    from silences_judged
),

final as (
    select
        *,
        least(first_resolved_at, ended_at) as closed_at,
        case
            when ended_at is not null then 'ended'
            when standing_resolved_at is not null then 'inactive'
            when unattended_since_at is not null then 'waiting'
            when is_last_activity_pend then 'paused'
            else 'active'
        end as status
    from ended
)

select * from final
