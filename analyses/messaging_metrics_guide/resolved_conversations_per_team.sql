-- How many conversations did each team resolve this month, and how long did that take?
-- Source: messaging metrics guide, "User / Team reports", Resolved Conversations per team.
-- Mart: mart_resolutions_by_day.
-- Answer: as per user, for the team that the resolver was in at that moment, not for the team of today.
-- `(none)`: resolved by the bot, by the system or by an agent without a team.
-- Period: the month of as_of, by the day of the resolve.
-- Null: the name of no team, and durations where the clocks disagree.
select
    {{ id_or_none('resolutions.team_id') }} as team_id,
    teams.team_name,
    {{- metrics([
        'resolution_count', 'resolved_session_count', 'average_resolution_seconds', 'p50_resolution_seconds',
        'p90_resolution_seconds', 'p95_resolution_seconds'
    ]) }}
from {{ ref('fct_resolutions') }} as resolutions
left join {{ ref('dim_teams') }} as teams on resolutions.team_id = teams.team_id
where resolutions.is_resolved and not resolutions.is_test_channel and {{ is_this_month('resolved_date') }}
group by all
order by resolution_count desc, team_id asc
