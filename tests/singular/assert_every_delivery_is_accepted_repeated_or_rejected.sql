-- Deliveries up to as_of = accepted events + exact redeliveries + rejected events, for each log.
-- Exact redeliveries of events without a session are in no fact, so they are counted where they are judged.
with

sides as (
    select
        'conversation events' as event_log,
        (
            select count(*) from {{ ref('base_messaging__conversation_events') }}
            where {{ is_delivered_as_of(utc_timestamp('received_at')) }}
        ) as delivered,
        (select count(*) from {{ ref('fct_conversation_events') }}) as accepted,
        (
            select count(*) from {{ ref('int_conversation_event_redeliveries_judged') }}
            where is_exact_redelivery
        ) as repeated,
        (select count(*) from {{ ref('rejected_events') }}) as rejected
    union all
    select
        'presence events' as event_log,
        (
            select count(*) from {{ ref('base_messaging__presence_events') }}
            where {{ is_delivered_as_of(utc_timestamp('received_at')) }}
        ) as delivered,
        (select count(*) from {{ ref('int_presence_events_deduplicated') }}) as accepted,
        (
            select count(*) from {{ ref('int_presence_event_redeliveries_judged') }}
            where is_exact_redelivery
        ) as repeated,
        (select count(*) from {{ ref('rejected_presence_events') }}) as rejected
)

select * from sides
where delivered is distinct from accepted + repeated + rejected
