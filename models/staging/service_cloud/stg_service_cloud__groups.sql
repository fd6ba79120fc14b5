-- Grain: one row per group of users, as it is now.
with

records as (
    {{ current_records('base_service_cloud__groups', 'Group') }}
),

final as (
    select
        id as group_id,
        name as group_name,
        type as group_type
    from records
)

select * from final
