-- Grain: one row per messaging session: from when to when it is told, which is no less than its entries say.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions_sequenced') }}
),

entries as (      -- of those that are events; whoever speaks after the end would begin a session
    select
        messaging_session_id,
        min(entered_at) as first_entered_at,
        max(entered_at) filter (where entry_type = 'Text' and actor_type is distinct from 'System') as last_entered_at
    from {{ ref('stg_service_cloud__conversation_entries_placed') }}
    where entry_type in ('Text', 'BotEscalated') and messaging_session_id is not null
    group by messaging_session_id
),

stretched as (
    select
        sessions.*,
        least(sessions.started_at, entries.first_entered_at) as first_at,
        case when sessions.ended_at is not null then greatest(sessions.ended_at, entries.last_entered_at) end as last_at
    from sessions
    left join entries using (messaging_session_id)
),

followed as (
    select
        *,
        lag(last_at) over (
            partition by conversation_id order by {{ in_order_of_start() }}
        ) as previous_last_at
    from stretched
),

started as (      -- what starts in the second in which the one before ends starts after that end
    select
        *,
        case
            when first_at <= previous_last_at
                then {{ timestamp_from_milliseconds(epoch_milliseconds('previous_last_at') ~ ' + 1') }}
            else first_at
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
        first_at,
        told_started_at as started_at,
        case when last_at is not null then greatest(last_at, told_started_at) end as ended_at
    from started
)

select * from final
