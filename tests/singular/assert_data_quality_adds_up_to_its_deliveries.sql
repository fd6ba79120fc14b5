-- Of each day, log and channel the mart tells what the logs themselves do: nothing is lost, also where nobody can read
-- when it came. Each reason is told once, and what is rejected in one mart is rejected in the other.
with

accepted as (
    select
        'conversation' as event_log,
        channel_id,
        occurred_at,
        received_at
    from {{ ref('fct_conversation_events') }}
    union all
    select
        'presence' as event_log,
        null as channel_id,
        occurred_at,
        received_at
    from {{ ref('fct_presence_events') }}
),

repeated as (
    select
        'conversation' as event_log,
        channel_id,
        received_at
    from {{ ref('repeated_events') }}
    union all
    select
        'presence' as event_log,
        null as channel_id,
        received_at
    from {{ ref('repeated_presence_events') }}
),

rejected as (
    select
        'conversation' as event_log,
        channel_id,
        {{ utc_timestamp('received_at') }} as received_at,
        rejection_reason
    from {{ ref('rejected_events') }}
    union all
    select
        'presence' as event_log,
        null as channel_id,
        {{ utc_timestamp('received_at') }} as received_at,
        rejection_reason
    from {{ ref('rejected_presence_events') }}
),

deliveries as (
    select
        *,
        'accepted' as outcome
    from accepted
    union all by name
    select
        *,
        'repeated' as outcome
    from repeated
    union all by name
    select
        *,
        'rejected' as outcome
    from rejected
),

expected as (
    select
        {{ local_date('received_at') }} as received_date,
        event_log,
        {{ channel_or_none() }} as channel_id,
        count(*) filter (where outcome = 'accepted') as accepted,
        count(*) filter (where outcome = 'repeated') as repeated,
        count(*) filter (where outcome = 'rejected') as rejected,
        count(*) filter (where received_at > occurred_at + interval {{ var('late_after_minutes') }} minute) as late,
        count(*) filter (where {{ local_date('received_at') }} > {{ local_date('occurred_at') }}) as restating,
        count(*) filter (where received_at < occurred_at) as clock_anomalies,
        sum({{ seconds_between('occurred_at', 'received_at') }}) as delay,
        max(received_at) filter (where outcome = 'accepted') as last_at
    from deliveries
    group by all
),

reasons as (
    select
        {{ local_date('received_at') }} as received_date,
        event_log,
        {{ channel_or_none() }} as channel_id,
        rejection_reason,
        count(*) as rejected
    from rejected
    group by all
)

select 'quality' as failure
from expected
full join {{ ref('mart_data_quality_by_day') }} as marts
    on
        expected.received_date is not distinct from marts.received_date
        and expected.event_log = marts.event_log
        and expected.channel_id = marts.channel_id
where
    accepted_event_count is distinct from accepted
    or exact_redelivery_count is distinct from repeated
    or rejected_delivery_count is distinct from rejected
    or delivery_count is distinct from accepted + repeated + rejected
    or late_event_count is distinct from {{ if_recorded('receipt', 'late', 'bigint') }}
    or restating_event_count is distinct from {{ if_recorded('receipt', 'restating', 'bigint') }}
    or clock_anomaly_event_count is distinct from {{ if_recorded('receipt', 'clock_anomalies', 'bigint') }}
    or measured_delay_count is distinct from {{ 'accepted - clock_anomalies' if is_recorded('receipt') else '0' }}
    or delay_sum_seconds is distinct from {{ seconds_if_recorded('receipt', 'delay') }}
    or last_received_at is distinct from last_at
union all
select 'rejections' as failure
from reasons
full join {{ ref('mart_rejections_by_day') }} as marts
    on
        reasons.received_date is not distinct from marts.received_date
        and reasons.event_log = marts.event_log
        and reasons.channel_id = marts.channel_id
        and reasons.rejection_reason = marts.rejection_reason
where rejected_delivery_count is distinct from rejected
