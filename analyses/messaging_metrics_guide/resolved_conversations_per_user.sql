-- How many conversations did each user resolve this month, and how long did that take?
-- Source: messaging metrics guide, "User / Team reports", Resolved Conversations per user.
-- Mart: mart_resolutions_by_day.
-- Answer: resolved cycles and the sessions they belong to, credited to whoever resolved; the bot's and the system's
-- stand under `(none)`, told apart by kind of resolver. A reopened session is two resolutions of one session.
-- Period: the month of as_of, by the day of the resolve.
-- Null: names of resolvers who are no agents, and durations where the clocks disagree.
select
    {{ id_or_none('resolutions.resolved_by_agent_id') }} as agent_id,
    agents.agent_name,
    resolved_by_type,
    {{- metrics([
        'resolution_count', 'resolved_session_count', 'average_resolution_seconds', 'p50_resolution_seconds',
        'p90_resolution_seconds', 'p95_resolution_seconds'
    ]) }}
from {{ ref('fct_resolutions') }} as resolutions
left join {{ ref('dim_agents') }} as agents on resolutions.resolved_by_agent_id = agents.agent_id
where resolutions.is_resolved and not resolutions.is_test_channel and {{ is_this_month('resolved_date') }}
group by all
order by resolution_count desc, agent_id asc, resolved_by_type asc
