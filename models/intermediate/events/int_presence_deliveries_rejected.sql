-- Grain: one row per rejected delivery of a presence event.
{%- set columns = [
    'event_id', 'agent_id', 'status', 'capacity', raw_text_of('occurred_at') ~ ' as occurred_at',
    raw_text_of('received_at') ~ ' as received_at'
] | join(',\n        ') %}
with

deliveries as (
    select * from {{ ref('stg_messaging__presence_event_deliveries') }}
    where rejection_reason is not null
),

conflicts as (
    select * from {{ ref('int_presence_event_redeliveries_judged') }}
    where is_conflict
),

final as (
    select
        {{ columns }},
        rejection_reason
    from deliveries
    union all
    select
        {{ columns }},
        'conflicting_redelivery' as rejection_reason
    from conflicts
)

select * from final
