-- How satisfied are customers, with whom, and how many of them say so?
-- Source: messaging metrics guide, "Customer Satisfaction", CSAT insights.
-- Mart: mart_csat_by_day.
-- Answer: satisfied ÷ valid answers (the top two of five, or as much of another scale) and answered ÷ sent surveys, for
-- the agent who is credited with the session and the team of that moment. Answers beyond the scale are counted and left
-- out.
-- Period: the month of as_of; surveys by the day they were sent, answers by the day they came.
-- Null: rates without anything to divide by. `(none)`: no agent is credited, or one without a team.
with

requests as (
    select
        {{ id_or_none('agent_id') }} as agent_id,
        {{ id_or_none('team_id') }} as team_id,
        {{- metrics(['requested_survey_count', 'answered_request_count', 'survey_response_rate']) }}
    from {{ ref('fct_csat_responses') }}
    where not is_test_channel and {{ is_this_month('requested_date') }}
    group by all
),

responses as (
    select
        {{ id_or_none('agent_id') }} as agent_id,
        {{ id_or_none('team_id') }} as team_id,
        {{- metrics([
            'answered_survey_count', 'invalid_survey_count', 'valid_survey_count', 'satisfied_survey_count', 'csat_rate'
        ]) }}
    from {{ ref('fct_csat_responses') }}
    where not is_test_channel and {{ is_this_month('responded_date') }}
    group by all
)

select
    {{ all_with_zeros([
        'requested_survey_count', 'answered_request_count', 'answered_survey_count', 'invalid_survey_count',
        'valid_survey_count', 'satisfied_survey_count'
    ]) }}
from requests
full join responses using (agent_id, team_id)
order by valid_survey_count desc, agent_id asc, team_id asc
