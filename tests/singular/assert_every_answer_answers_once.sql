-- A message answers one run at most, no wait is shorter than its response, and one run at most stays unanswered.
with

responses as (
    select * from {{ ref('fct_responses') }}
),

answers as (
    select responded_event_id
    from responses
    where is_answered
    group by responded_event_id
    having count(*) > 1
),

unanswered as (
    select session_id
    from responses
    where not is_answered
    group by session_id
    having count(*) > 1
)

select responded_event_id as culprit from answers
union all
select session_id from unanswered
union all
select session_id from responses
where
    wait_seconds < response_seconds
    or wait_seconds < 0
    or is_answered is distinct from (wait_seconds is not null)
    or is_answered is distinct from (responder_type is not null)
