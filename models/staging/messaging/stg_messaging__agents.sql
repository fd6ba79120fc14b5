-- Grain: one row per agent.
with

source as (
    select * from {{ ref('base_messaging__agents') }}
),

final as (
    select
        agent_id,
        agent_name,
        email,
        {{ configured_boolean('is_active', 'raw_agents', default=true) }} as is_active
    from source
)

select * from final
