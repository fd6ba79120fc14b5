-- Grain: one row per messaging session: from when to when it is told, where the platform's whole seconds leave it open.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions') }}
),

entries as (
    select * from {{ ref('stg_service_cloud__conversation_entries') }}
),

last_entries as (      -- of the second in which the session ended
    select
        sessions.messaging_session_id,
        max(entries.entered_at) as last_entered_at
    from sessions
    inner join entries
        on
            sessions.messaging_session_id = entries.messaging_session_id
            and sessions.ended_at <= entries.entered_at
            and {{ end_of_its_second('sessions.ended_at') }} > entries.entered_at
    group by sessions.messaging_session_id
),

ended as (
    select
        sessions.*,
        coalesce(last_entries.last_entered_at, sessions.ended_at) as told_ended_at
    from sessions
    left join last_entries using (messaging_session_id)
),

followed as (
    select
        *,
        lag(ended_at) over (partition by conversation_id order by started_at, messaging_session_id) as ended_before,
        lag(told_ended_at) over (
            partition by conversation_id order by started_at, messaging_session_id
        ) as told_ended_before
    from ended
),

started as (      -- what starts in that second starts after the end
    select
        *,
        case
            when started_at >= ended_before and started_at <= told_ended_before
                then {{ timestamp_from_milliseconds(epoch_milliseconds('told_ended_before') ~ ' + 1') }}
            else started_at
        end as told_started_at
    from followed
),

final as (
    select
        messaging_session_id,
        conversation_id,
        channel_id,
        messaging_user_id,
        owner_id,
        created_by_id,
        status,
        origin,
        ended_by_type,
        started_at as platform_started_at,
        told_started_at as started_at,
        case when told_ended_at is not null then greatest(told_ended_at, told_started_at) end as ended_at
    from started
)

select * from final
