-- Grain: one row per delivery of an event of which something was delivered, has gone or became visible since the last
-- build.
{{ waits_for('int_build_scope') }}
{%- set ledger = ref('stg_messaging__conversation_event_ledger') %}
with
{% if is_partial_build() %}
scope as (
    select * from {{ ref('int_build_scope') }}
),

events as (
    select id as event_id from {{ journal('touched') }}
    where unit = 'event'
    union
    select event_id from {{ ledger }}      -- with a given as_of a delivery may have waited for its moment
    where received_at > (select last_as_of from scope) and {{ is_delivered_as_of() }}
),

found as (
    select * from {{ rows_found(ledger, 'event_id in (select event_id from events)', by='received_at') }}
    where {{ is_delivered_as_of() }}
),
{% else %}
found as (
    select * from {{ ledger }}
    where false
),
{% endif %}
final as (
    select
        event_id,
        {{ conversation_of_delivery() }} as conversation_id,
        received_at,
        {{ first_moment_of_delivery() }} as first_ms
    from found
)

select * from final
