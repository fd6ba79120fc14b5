-- Deliveries up to as_of = accepted events + exact redeliveries + rejected events, for each log. Deliveries are counted
-- in the ledgers, everything else where it comes out.
with

sides as (
    select
        'conversation events' as event_log,
        (
            select count(*) from {{ ref('stg_messaging__conversation_event_ledger') }}
            where {{ is_delivered_as_of() }}
        ) as delivered,
        delivery_count as delivered_as_told,
        (select count(*) from {{ ref('fct_conversation_events') }}) as accepted,
        exact_redelivery_count as repeated,
        (select count(*) from {{ ref('rejected_events') }}) as rejected
    from {{ ref('dim_build') }}
    union all
    select
        'presence events' as event_log,
        (
            select count(*) from {{ ref('stg_messaging__presence_event_ledger') }}
            where {{ is_delivered_as_of() }}
        ) as delivered,
        presence_delivery_count as delivered_as_told,
        (select count(*) from {{ ref('fct_presence_events') }}) as accepted,
        exact_presence_redelivery_count as repeated,
        (select count(*) from {{ ref('rejected_presence_events') }}) as rejected
    from {{ ref('dim_build') }}
)

select * from sides
where
    delivered is distinct from accepted + repeated + rejected
    or delivered is distinct from delivered_as_told
