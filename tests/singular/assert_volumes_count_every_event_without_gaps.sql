-- Every event stands in its channel's day, every channel has every day from its first to the calendar's last, and the
-- mart says of each what its facts say.
with

events as (
    select
        {{ channel_or_none() }} as channel_id,
        count(*) as event_count,
        min(occurred_date) as first_date
    from {{ ref('fct_conversation_events') }}
    group by all
),

days as (
    select
        {{ channel_or_none() }} as channel_id,
        sum(day_event_count) as event_count,
        min(volume_date) as first_date,
        max(volume_date) as last_date,
        count(*) as day_count
    from {{ ref('fct_channel_days') }}
    group by all
),

calendar as (
    select max(date_day) as date_day from {{ ref('dim_dates') }}
),

compared as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_channel_day_comparisons') }}
),

outside_tests as (
    select * from compared
    where not is_test_channel
)

select 'events' as failure
from events
full join days using (channel_id)
cross join calendar
where
    events.event_count is distinct from days.event_count
    or events.first_date is distinct from days.first_date
    or days.last_date is distinct from calendar.date_day
    or days.day_count is distinct from days.last_date - days.first_date + 1
union all
select 'days' as failure
from {{ ref('fct_channel_days') }} as counted
full join compared
    on counted.volume_date = compared.volume_date and counted.channel_id is not distinct from compared.channel_id
where
    counted.day_event_count is distinct from compared.day_event_count
    or counted.is_complete_day is distinct from (compared.volume_status != 'incomplete')
union all
select 'mart' as failure
from outside_tests
full join {{ ref('mart_volume_anomalies_by_day') }} as marts
    on outside_tests.volume_date = marts.volume_date and outside_tests.channel = marts.channel_id
where
    outside_tests.day_event_count is distinct from marts.day_event_count
    or outside_tests.usual_event_count is distinct from marts.usual_event_count
    or outside_tests.usual_distance is distinct from marts.usual_distance
    or outside_tests.volume_status is distinct from marts.volume_status
    or outside_tests.is_anomaly is distinct from marts.is_anomaly
