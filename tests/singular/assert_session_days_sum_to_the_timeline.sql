-- Focus by session and day is the timeline's by session, test channels included, and without them the agent day's.
with

segments as (
    select
        agent_id,
        session_id,
        sum(case when is_handled then segment_seconds else 0 end) as handle_seconds,
        sum(case when is_handled then 0 else segment_seconds end) as viewing_seconds
    from {{ ref('fct_agent_timeline') }}
    where visit_id is not null
    group by agent_id, session_id
),

sessions as (
    select
        agent_id,
        session_id,
        sum(handle_seconds) as handle_seconds,
        sum(viewing_seconds) as viewing_seconds
    from {{ ref('fct_agent_session_days') }}
    group by agent_id, session_id
),

both_sides as (
    select
        agent_id,
        team_id,
        activity_date,
        handle_seconds,
        viewing_seconds
    from {{ ref('fct_agent_days') }}
    union all
    select
        agent_id,
        team_id,
        activity_date,
        -handle_seconds as handle_seconds,
        -viewing_seconds as viewing_seconds
    from {{ ref('fct_agent_session_days') }}
    where not is_test_channel
)

select
    agent_id,
    session_id,
    cast(null as date) as activity_date
from segments
full join sessions using (agent_id, session_id)
where
    coalesce(segments.handle_seconds, 0) is distinct from sessions.handle_seconds
    or coalesce(segments.viewing_seconds, 0) is distinct from sessions.viewing_seconds
union all
select
    agent_id,
    cast(null as varchar) as session_id,
    activity_date
from both_sides
group by agent_id, team_id, activity_date
having sum(handle_seconds) != 0 or sum(viewing_seconds) != 0
