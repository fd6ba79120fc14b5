-- Grain: one row per account.
with

accounts as (
    select * from {{ ref('stg_service_cloud__accounts') }}
),

final as (
    select
        account_id,
        account_name
    from accounts
)

select * from final
