-- Grain: one row per event that the platform's objects tell of.
with

final as (
    select * from {{ ref('stg_service_cloud__messaging_session_events') }}
    union all
    select * from {{ ref('stg_service_cloud__agent_work_events') }}
    union all
    select * from {{ ref('stg_service_cloud__conversation_entry_events') }}
)

select * from final
