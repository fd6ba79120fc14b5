-- Grain: one row per user: whoever may act as an agent.
with

users as (
    select * from {{ ref('stg_service_cloud__users') }}
),

final as (
    select
        agent_id,
        agent_name,
        email,
        is_active
    from users
)

select * from final
