-- Grain: one row, the build: the moment it speaks for, and the guards that stand before everything downstream.
with

deliveries as (
    select
        rejection_reason,
        received_at
    from {{ ref('stg_messaging__conversation_event_deliveries') }}
),

presence_deliveries as (
    select
        rejection_reason,
        received_at
    from {{ ref('stg_messaging__presence_event_deliveries') }}
),

usable_times as (
    select received_at from deliveries
    where rejection_reason is null
    union all
    select received_at from presence_deliveries
    where rejection_reason is null
),

newest_times as (
    select received_at
    from usable_times
    order by received_at desc
    limit 2
),

measured as (
    select
        (select max(received_at) from newest_times) as newest_received_at,
        (select min(received_at) from newest_times) as next_newest_received_at,
        (select count(*) from deliveries) as delivery_count,
        (select count(*) from presence_deliveries) as presence_delivery_count,
        (select count(*) from {{ ref('int_conversation_deliveries_rejected') }}) as rejected_count,
        (select count(*) from {{ ref('int_presence_deliveries_rejected') }}) as rejected_presence_count,
        (
            select count(*) from {{ ref('int_conversation_event_redeliveries_judged') }}
            where is_exact_redelivery
        ) as exact_redelivery_count,
        (
            select count(*) from {{ ref('int_presence_event_redeliveries_judged') }}
            where is_exact_redelivery
        ) as exact_presence_redelivery_count
),

guarded as (
    select
        *,
        {{ stop_when_too_many_rejected('rejected_count', 'delivery_count', 'rejected_events') }} as event_guard,
        {{ stop_when_too_many_rejected(
            'rejected_presence_count', 'presence_delivery_count', 'rejected_presence_events'
        ) }} as presence_guard,
        {{ stop_when_clock_jumps('next_newest_received_at', 'newest_received_at') }} as clock_guard
    from measured
),

final as (
    select
        coalesce({{ as_of_given() }}, newest_received_at) as as_of,
        {{ epoch_milliseconds('coalesce(' ~ as_of_given() ~ ', newest_received_at)') }} as as_of_ms,
        '{{ invocation_id }}' as build_id,
        {{ config_fingerprint() }} as config_fingerprint,
        delivery_count,
        exact_redelivery_count,
        rejected_count,
        presence_delivery_count,
        exact_presence_redelivery_count,
        rejected_presence_count
    from guarded
    where event_guard and presence_guard and clock_guard
)

select * from final
