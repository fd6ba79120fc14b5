-- Grain: one row per stretch of a user's presence with one status, as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__user_service_presences', 'UserServicePresence') }}
),

statuses as (
    select * from {{ ref('stg_service_cloud__service_presence_statuses') }}
),

final as (
    select
        records.id as user_service_presence_id,
        records.user_id as agent_id,
        statuses.developer_name,
        {{ platform_time('records.status_start_date', 'UserServicePresence') }} as started_at,
        {{ platform_time('records.status_end_date', 'UserServicePresence') }} as ended_at,
        records.configured_capacity as capacity,
        {{ configured_boolean('records.is_away', 'UserServicePresence', default=false) }} as is_away
    from records
    left join statuses on records.service_presence_status_id = statuses.service_presence_status_id
)

select * from final
