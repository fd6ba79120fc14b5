-- Grain: one row per account, as it is now.
with

records as (
    {{ current_records('base_service_cloud__accounts', 'Account') }}
),

final as (
    select
        id as account_id,
        name as account_name
    from records
)

select * from final
