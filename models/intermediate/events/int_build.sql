-- Grain: one row, the build: the moment it speaks for, and the guards that stand before everything downstream.
with

scope as (
    select * from {{ ref('int_build_scope') }}
),

measured as (
    select
        coalesce(cast(sum(delivery_count) as bigint), 0) as delivery_count,
        coalesce(cast(sum(rejected_count) as bigint), 0) as rejected_count,
        coalesce(cast(sum(exact_redelivery_count) as bigint), 0) as exact_redelivery_count,
        (select count(*) from {{ ref('stg_messaging__presence_event_deliveries') }}) as presence_delivery_count,
        (select count(*) from {{ ref('int_presence_deliveries_rejected') }}) as rejected_presence_count,
        (
            select count(*) from {{ ref('int_presence_event_redeliveries_judged') }}
            where is_exact_redelivery
        ) as exact_presence_redelivery_count
    from {{ ref('int_conversation_deliveries_tallied') }}
),

guarded as (
    select
        *,
        {{ stop_when_too_many_rejected('rejected_count', 'delivery_count', 'rejected_events') }} as event_guard,
        {{ stop_when_too_many_rejected(
            'rejected_presence_count', 'presence_delivery_count', 'rejected_presence_events'
        ) }} as presence_guard
    from measured
),

final as (
    select
        scope.as_of,
        scope.as_of_ms,
        '{{ invocation_id }}' as build_id,
        scope.config_fingerprint,
        scope.code_fingerprint,
        guarded.delivery_count,
        guarded.exact_redelivery_count,
        guarded.rejected_count,
        guarded.presence_delivery_count,
        guarded.exact_presence_redelivery_count,
        guarded.rejected_presence_count
    from guarded
    cross join scope
    where guarded.event_guard and guarded.presence_guard
)

select * from final
