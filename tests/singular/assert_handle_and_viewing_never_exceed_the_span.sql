-- Handle and viewing time are those of the visits, an open one up to as_of, and fit into the agent's span, over all and
-- on every day.
with

visits as (
    select
        visits.agent_id,
        sum(case when visits.is_handled then visits.seconds_so_far else 0 end) as handle_seconds,
        sum(case when visits.is_handled then 0 else visits.seconds_so_far end) as viewing_seconds
    from (
        select
            *,
            coalesce(visit_seconds, {{ seconds_between('started_at', 'as_of') }}, 0) as seconds_so_far
        from {{ ref('fct_visits') }}
        cross join {{ ref('dim_build') }}
    ) as visits
    group by visits.agent_id
),

timelines as (
    select
        agent_id,
        sum(case when visit_id is not null and is_handled then segment_seconds else 0 end) as handle_seconds,
        sum(case when visit_id is not null and not is_handled then segment_seconds else 0 end) as viewing_seconds,
        {{ seconds_between('min(started_at)', 'max(ended_at)') }} as span_seconds
    from {{ ref('fct_agent_timeline') }}
    group by agent_id
)

select
    agent_id,
    cast(null as date) as activity_date
from visits
full join timelines using (agent_id)
where
    coalesce(visits.handle_seconds, 0) is distinct from coalesce(timelines.handle_seconds, 0)
    or coalesce(visits.viewing_seconds, 0) is distinct from coalesce(timelines.viewing_seconds, 0)
    or visits.handle_seconds + visits.viewing_seconds > coalesce(timelines.span_seconds, 0)
union all
select
    agent_id,
    activity_date
from {{ ref('fct_agent_days') }}
where handle_seconds + viewing_seconds > span_seconds
