-- Grain: one row per usable conversation event: what was delivered once, and the winners of what came more often.
{{ config(materialized='view') }}
{{ deduplicated_events(
    ref('stg_messaging__conversation_event_deliveries'), ref('int_conversation_event_redeliveries_judged')
) }}
