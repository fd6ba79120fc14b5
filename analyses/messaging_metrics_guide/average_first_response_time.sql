-- How fast did each team answer first, on average, this month?
-- Source: messaging metrics guide, "Customer Satisfaction", Average First Response Time.
-- Mart: mart_response_times_by_day.
-- Answer: the mean of the first response times with the sum and the count that make it, and the percentiles that a mean
-- hides; for the team that the answering agent was in at that moment.
-- Period: the month of as_of, by the day of the answer; what is not answered yet has no time and is not in it.
-- Null: times of a team whose only answers have clocks that disagree.
select
    {{ id_or_none('sessions.first_response_team_id') }} as team_id,
    teams.team_name,
    {{- metrics([
        'first_response_count', 'first_response_sum_seconds', 'average_first_response_seconds',
        'p50_first_response_seconds', 'p90_first_response_seconds', 'p95_first_response_seconds'
    ]) }}
from {{ ref('fct_messaging_sessions') }} as sessions
left join {{ ref('dim_teams') }} as teams on sessions.first_response_team_id = teams.team_id
where not sessions.is_test_channel and {{ is_this_month('first_responded_date') }}
group by all
order by first_response_count desc, team_id asc
