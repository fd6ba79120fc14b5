-- Every survey id that an event names is one survey, asked and answered by events of its own, and nobody's twice.
with

surveys as (
    select * from {{ ref('fct_csat_responses') }}
),

named as (
    select
        conversation_id,
        survey_id,
        count(*) as event_count
    from {{ ref('fct_conversation_events') }}
    where survey_id is not null
    group by conversation_id, survey_id
),

compared as (
    select
        surveys.*,
        coalesce(surveys.survey_id, named.survey_id) as any_survey_id,
        named.event_count,
        requests.occurred_at as request_occurred_at,
        answers.occurred_at as answer_occurred_at
    from surveys
    full join named using (conversation_id, survey_id)
    left join {{ ref('fct_conversation_events') }} as requests on surveys.requested_event_id = requests.event_id
    left join {{ ref('fct_conversation_events') }} as answers on surveys.responded_event_id = answers.event_id
)

select any_survey_id as survey_id
from compared
where
    session_id is null
    or event_count is null
    or requested_at is distinct from request_occurred_at
    or responded_at is distinct from answer_occurred_at
    or is_requested is distinct from (requested_event_id is not null)
    or is_answered is distinct from (responded_event_id is not null)
    or not (is_requested or is_answered)
    or is_answered is distinct from (score is not null)
    -- Scores are published to the thousandth and judged as they were given: at an end of the scale they may differ.
    or (is_valid is null) is distinct from (score is null)
    or (is_valid and (score < 0 or score > scale_max))
    or (not is_valid and score > 0 and score < scale_max)
    or coalesce(is_valid, false) is distinct from (is_satisfied is not null)
    or (agent_id is null and team_id is not null)
