-- Grain: one row per delivery of a conversation event up to as_of, good or bad.
select * exclude (part) from {{ ref('stg_messaging__conversation_event_ledger') }}
where {{ is_delivered_as_of() }}
