-- Every survey is in its mart once on the day asked and once on the day answered; an answer off its scale has no part
-- in a rate.
with

requests as (
    select
        requested_date as survey_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('agent_id') }} as agent_id,
        {{ id_or_none('team_id') }} as team_id,
        {{ id_or_none('topic_id') }} as topic_id,
        count(*) as requested_count,
        count(responded_at) as answered_request_count
    from {{ ref('fct_csat_responses') }}
    where requested_at is not null and not is_test_channel
    group by all
),

answers as (
    select
        responded_date as survey_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('agent_id') }} as agent_id,
        {{ id_or_none('team_id') }} as team_id,
        {{ id_or_none('topic_id') }} as topic_id,
        count(*) as answered_count,
        count(case when score between 0 and scale_max then 1 end) as valid_count,
        count(case when score between 0 and scale_max and score * 5 >= scale_max * 4 then 1 end) as satisfied_count,
        sum(answer_seconds) as answer_seconds
    from {{ ref('fct_csat_responses') }}
    where responded_at is not null and not is_test_channel
    group by all
)

select *
from requests
full join answers using (survey_date, channel_id, agent_id, team_id, topic_id)
full join {{ ref('mart_csat_by_day') }} as mart using (survey_date, channel_id, agent_id, team_id, topic_id)
where
    mart.requested_survey_count is distinct from coalesce(requests.requested_count, 0)
    or mart.answered_request_count is distinct from coalesce(requests.answered_request_count, 0)
    or mart.answered_survey_count is distinct from coalesce(answers.answered_count, 0)
    or mart.answered_survey_count is distinct from mart.valid_survey_count + mart.invalid_survey_count
    or mart.valid_survey_count is distinct from coalesce(answers.valid_count, 0)
    or mart.satisfied_survey_count is distinct from coalesce(answers.satisfied_count, 0)
    or mart.survey_answer_sum_seconds is distinct from answers.answer_seconds
    or mart.csat_rate is distinct from mart.satisfied_survey_count / nullif(cast(mart.valid_survey_count as double), 0)
    or mart.survey_response_rate
    is distinct from mart.answered_request_count / nullif(cast(mart.requested_survey_count as double), 0)
