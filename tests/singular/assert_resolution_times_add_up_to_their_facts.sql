-- Every resolved cycle, every first and every last resolution is in the mart once, in the row that names it; the first
-- cycle's resolution is what the session calls its first.
with

cycles as (
    select
        resolved_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('team_id') }} as team_id,
        {{ id_or_none('topic_id') }} as topic_id,
        count(*) as cycle_count,
        count(resolution_seconds) as measured_count,
        count(resolution_business_seconds) as business_count,
        sum(resolution_seconds) as seconds,
        sum(resolution_business_seconds) as business_seconds
    from {{ ref('fct_resolutions') }}
    where is_resolved and not is_test_channel
    group by all
),

last_resolutions as (
    select
        last_resolved_date as resolved_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('resolved_team_id') }} as team_id,
        {{ id_or_none('resolved_topic_id') }} as topic_id,
        count(resolution_seconds) as last_count,
        sum(resolution_seconds) as last_seconds,
        sum(resolution_business_seconds) as last_business_seconds
    from {{ ref('fct_messaging_sessions') }}
    where last_resolved_at is not null and not is_test_channel
    group by all
),

first_by_session as (      -- of sessions only day and channel are known here: who resolved first is the cycle's
    select
        first_resolved_date as resolved_date,
        {{ channel_or_none() }} as channel_id,
        count(first_resolution_seconds) as first_count,
        sum(first_resolution_seconds) as first_seconds,
        sum(first_resolution_business_seconds) as first_business_seconds
    from {{ ref('fct_messaging_sessions') }}
    where first_resolved_at is not null and not is_test_channel
    group by all
),

first_by_mart as (
    select
        resolved_date,
        channel_id,
        {{- sums(['first_resolution_count', 'first_resolution_sum_seconds', 'first_resolution_business_sum_seconds']) }}
    from {{ ref('mart_resolution_times_by_day') }}
    group by all
)

select 'cycles and last resolutions' as difference
from cycles
full join last_resolutions using (resolved_date, channel_id, team_id, topic_id)
full join {{ ref('mart_resolution_times_by_day') }} using (resolved_date, channel_id, team_id, topic_id)
where
    resolution_count is distinct from coalesce(cycle_count, 0)
    or measured_resolution_count is distinct from coalesce(measured_count, 0)
    or coalesce(business_count, 0) is distinct from coalesce(measured_count, 0)
    or resolution_sum_seconds is distinct from seconds
    or resolution_business_sum_seconds is distinct from business_seconds
    or last_resolution_count is distinct from coalesce(last_count, 0)
    or last_resolution_sum_seconds is distinct from last_seconds
    or last_resolution_business_sum_seconds is distinct from last_business_seconds
union all
select 'first resolutions' as difference
from first_by_session
full join first_by_mart using (resolved_date, channel_id)
where
    coalesce(first_resolution_count, 0) is distinct from coalesce(first_count, 0)
    or first_resolution_sum_seconds is distinct from first_seconds
    or first_resolution_business_sum_seconds is distinct from first_business_seconds
