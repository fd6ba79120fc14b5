-- How much time did each team spend on conversations this month?
-- Source: messaging metrics guide, "User / Team reports", Handle Time per team.
-- Mart: mart_team_by_day.
-- Answer: as per user, for the team that the agent was in at the time, not for the team of today. A session that two
-- teams handled counts for both.
-- Period: the month of as_of; a visit across midnight counts on each day for its part.
-- Null: averages and percentiles of a team that only looked. `(none)`: agents who were in no team.
select
    {{ id_or_none('agent_days.team_id') }} as team_id,
    teams.team_name,
    {{- metrics([
        'handled_session_count', 'handle_seconds', 'average_handle_seconds', 'p50_handle_seconds', 'p90_handle_seconds',
        'p95_handle_seconds', 'viewed_session_count', 'viewing_seconds'
    ]) }}
from {{ ref('fct_agent_session_days') }} as agent_days
left join {{ ref('dim_teams') }} as teams on agent_days.team_id = teams.team_id
where not is_test_channel and {{ is_this_month('activity_date') }}
group by all
order by handle_seconds desc, team_id asc
