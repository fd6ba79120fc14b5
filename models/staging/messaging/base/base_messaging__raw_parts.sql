-- Grain: one row per log and part of it, as it is now; contacts are listed like a log.
{{ config(materialized='table') }}
{{ raw_parts('raw_conversation_events') }}
union all
{{ raw_parts('raw_presence_events') }}
union all
{{ raw_parts('raw_messaging_users') }}
