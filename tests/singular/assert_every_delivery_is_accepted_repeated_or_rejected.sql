-- Deliveries up to as_of = accepted events + exact redeliveries + rejected events, for each log. Deliveries are counted
-- where they come in, everything else where it comes out.
with

sides as (
    select
        'conversation events' as event_log,
        (
            select count(*) from {{ ref('base_messaging__conversation_events') }}
            where {{ is_delivered_as_of(utc_timestamp('received_at')) }}
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
            select count(*) from {{ ref('base_messaging__presence_events') }}
            where {{ is_delivered_as_of(utc_timestamp('received_at')) }}
        ) as delivered,
        presence_delivery_count as delivered_as_told,
        (select count(*) from {{ ref('int_presence_events_deduplicated') }}) as accepted,
        exact_presence_redelivery_count as repeated,
        (select count(*) from {{ ref('rejected_presence_events') }}) as rejected
    from {{ ref('dim_build') }}
)

select * from sides
where
    delivered is distinct from accepted + repeated + rejected
    or delivered is distinct from delivered_as_told
