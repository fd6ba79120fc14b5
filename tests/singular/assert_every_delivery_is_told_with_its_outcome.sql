-- `delivered_events` tells each delivery once: of each log and outcome as many as the build counted. What is late, or
-- restates a day, or has a delay, is an accepted event.
with

outcomes as (
    select
        event_log,
        count(*) as delivered,
        count(*) filter (where is_accepted) as accepted,
        count(*) filter (where is_repeated) as repeated,
        count(*) filter (where is_rejected) as rejected,
        count(*) filter (where rejection_reason is not null) as with_reason
    from {{ ref('delivered_events') }}
    group by event_log
),

counts as (
    select
        'conversation' as event_log,
        delivery_count,
        exact_redelivery_count as redelivery_count,
        rejected_count
    from {{ ref('dim_build') }}
    union all
    select
        'presence' as event_log,
        presence_delivery_count as delivery_count,
        exact_presence_redelivery_count as redelivery_count,
        rejected_presence_count as rejected_count
    from {{ ref('dim_build') }}
)

select 'counts' as failure
from counts
left join outcomes using (event_log)
where
    delivery_count is distinct from coalesce(delivered, 0)
    or redelivery_count is distinct from coalesce(repeated, 0)
    or rejected_count is distinct from coalesce(rejected, 0)
    or delivery_count is distinct from coalesce(accepted + repeated + rejected, 0)
    or with_reason is distinct from rejected
union all
select 'events' as failure
from {{ ref('delivered_events') }}
where
    not is_accepted and (is_late or is_restating or has_clock_anomaly or delay_seconds is not null)
    or is_accepted
    and (delay_seconds is null) is distinct from {{ 'has_clock_anomaly' if is_recorded('receipt') else 'true' }}
