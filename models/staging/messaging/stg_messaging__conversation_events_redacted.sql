-- Grain: one row per delivery of a conversation event, as it comes in, without what a person asked to have forgotten.
{{ config(materialized='view') }}
{{ redacted_deliveries(ref('base_messaging__conversation_events')) }}
