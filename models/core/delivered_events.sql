-- Grain: one row per delivery of an event, of either log, with what became of it.
{{ config(materialized='view') }}
with

conversation_deliveries as (
    select 'accepted' as outcome, event_id, event_type, channel_id, occurred_at, received_at
    from {{ ref('fct_conversation_events') }}
    union all by name
    select 'repeated' as outcome, event_id, event_type, channel_id, occurred_at, received_at
    from {{ ref('repeated_events') }}
    union all by name
    select * replace ({{ utc_timestamp('occurred_at') }} as occurred_at, {{ utc_timestamp('received_at') }} as received_at)
    from (
        select 'rejected' as outcome, rejection_reason, event_id, event_type, channel_id, occurred_at, received_at
        from {{ ref('rejected_events') }}
    ) as rejected
),

presence_deliveries as (
    select 'accepted' as outcome, event_id, occurred_at, received_at
    from {{ ref('fct_presence_events') }}
    union all by name
    select 'repeated' as outcome, event_id, occurred_at, received_at
    from {{ ref('repeated_presence_events') }}
    union all by name
    select * replace ({{ utc_timestamp('occurred_at') }} as occurred_at, {{ utc_timestamp('received_at') }} as received_at)
    from (
        select 'rejected' as outcome, rejection_reason, event_id, occurred_at, received_at
        from {{ ref('rejected_presence_events') }}
    ) as rejected
),

deliveries as (
    select 'conversation' as event_log, * from conversation_deliveries
    union all by name
    select 'presence' as event_log, * from presence_deliveries
),

channels as (
    select * from {{ ref('dim_channels') }}
),

dated as (
    select
        deliveries.*,
        coalesce(channels.is_test, false) as is_test_channel,
        {{ local_date('deliveries.occurred_at') }} as occurred_date,
        {{ local_date('deliveries.received_at') }} as received_date,
        deliveries.outcome = 'accepted' as is_accepted
    from deliveries
    left join channels using (channel_id)
),

final as (
    select
        event_log,
        event_id,
        event_type,
        channel_id,
        outcome,
        rejection_reason,
        occurred_at,
        received_at,
        occurred_date,
        received_date,
        case when is_accepted then {{ seconds_between('occurred_at', 'received_at') }} end as delay_seconds,
        is_accepted,
        outcome = 'repeated' as is_repeated,
        outcome = 'rejected' as is_rejected,
        is_accepted and {{ is_late('occurred_at', 'received_at') }} as is_late,
        is_accepted and received_date > occurred_date as is_restating,
        is_accepted and {{ is_clock_anomaly('occurred_at', 'received_at') }} as has_clock_anomaly,
        is_test_channel
    from dated
)

select * from final
