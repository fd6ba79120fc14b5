-- Grain: one row per user of the platform, as it is now.
with

records as (
    {{ current_records('base_service_cloud__users', 'User') }}
),

final as (
    select
        id as agent_id,
        name as agent_name,
        email,
        is_active
    from records
)

select * from final
