-- Grain: one row per delivery of a presence event up to as_of, good or bad.
select * exclude (part) from {{ ref('stg_messaging__presence_event_ledger') }}
where {{ is_delivered_as_of() }}
