-- Grain: one row per change of a user's presence: a status begins, or the user goes offline.
with

presences as (
    select * from {{ ref('stg_service_cloud__user_service_presences') }}
    where {{ where_there_are('UserServicePresence', ['userid', 'statusstartdate'], 'true') }}
),

followed as (
    select
        *,
        lead(started_at) over (
            partition by agent_id order by started_at, ended_at nulls last, user_service_presence_id
        ) as next_started_at
    from presences
),

began as (      -- a status of no whole second says no more than that it ended
    select
        user_service_presence_id || ':start' as event_id,
        agent_id,
        {{ presence_status('developer_name', 'is_away') }} as status,
        capacity,
        started_at as occurred_at
    from followed
    where ended_at is null or started_at is null or ended_at > started_at
),

went_offline as (
    select
        user_service_presence_id || ':end' as event_id,
        agent_id,
        'offline' as status,
        capacity,
        ended_at as occurred_at
    from followed
    where ended_at is not null and (next_started_at is null or next_started_at > ended_at)
),

final as (
    select * from began
    union all
    select * from went_offline
)

select * from final
