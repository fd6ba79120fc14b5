-- Grain: one row per request to be forgotten.
{{ config(materialized='view') }}
with

source as (
    select * from {{ ref('base_messaging__redactions') }}
),

final as (
    select
        {{ configured(
            'messaging_user_id', 'messaging_user_id', 'redactions', 'name one address of the person to be forgotten',
            required=true
        ) }} as messaging_user_id,
        {{ configured(
            'requested_at', utc_timestamp('requested_at', bare_dates=true), 'redactions',
            'write it like 2026-03-15T18:00:00Z', required=true
        ) }} as requested_at
    from source
)

select * from final
