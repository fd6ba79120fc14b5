-- Grain: one row per contact (a person), as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__contacts', 'Contact') }}
),

final as (
    select
        id as contact_id,
        account_id
    from records
)

select * from final
