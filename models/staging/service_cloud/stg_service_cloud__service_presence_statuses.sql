-- Grain: one row per presence status that the organisation has defined.
with

records as (
    {{ current_records('base_service_cloud__service_presence_statuses', 'ServicePresenceStatus') }}
),

final as (
    select
        id as service_presence_status_id,
        developer_name
    from records
)

select * from final
