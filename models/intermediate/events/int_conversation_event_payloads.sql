-- Grain: one row per usable conversation event: of its payload, what one step alone asks for.
{{ config(materialized='view') }}
with

final as (
    select
        event_id,
        {{ payload_columns_of_few() | join(',\n        ') }}
    from {{ ref('int_conversation_events_deduplicated') }}
)

select * from final
