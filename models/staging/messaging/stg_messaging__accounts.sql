-- Grain: one row per account.
with

source as (
    select * from {{ ref('base_messaging__accounts') }}
),

final as (
    select
        account_id,
        account_name
    from source
)

select * from final
