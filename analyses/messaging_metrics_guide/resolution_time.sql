-- How long does it take for a conversation to be resolved?
-- Source: messaging metrics guide, "Customer Satisfaction", Resolution time; "Other Metrics".
-- Mart: mart_resolution_times_by_day.
-- Answer: by channel, from the session's start to its first resolve, on the calendar and on business hours, and to its
-- last: what is between the two was reopened.
-- Period: the month of as_of, by the day of the first, and of the last, resolve.
-- Null: times of channels on which nothing was resolved for the first, or for the last, time.
with

first_resolutions as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'first_resolution_count', 'average_first_resolution_seconds', 'p50_first_resolution_seconds',
            'p90_first_resolution_seconds', 'average_first_resolution_business_seconds',
            'p50_first_resolution_business_seconds'
        ]) }}
    from {{ ref('fct_resolutions') }}
    where not is_test_channel and {{ is_this_month('resolved_date') }}
    group by all
),

last_resolutions as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'last_resolution_count', 'average_last_resolution_seconds', 'p50_last_resolution_seconds',
            'p90_last_resolution_seconds'
        ]) }}
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ is_this_month('last_resolved_date') }}
    group by all
)

select {{ all_with_zeros(['first_resolution_count', 'last_resolution_count']) }}
from first_resolutions
full join last_resolutions using (channel_id)
order by first_resolution_count desc, channel_id asc
