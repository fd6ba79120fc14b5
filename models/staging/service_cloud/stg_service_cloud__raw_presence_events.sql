-- Grain: one row per change of an agent's presence that the platform's objects tell of.
with

events as (
    select * from {{ ref('stg_service_cloud__user_service_presence_events') }}
),

final as (
    select
        event_id,
        agent_id,
        status,
        capacity,
        occurred_at,
        occurred_at as received_at
    from events
)

select * from final
