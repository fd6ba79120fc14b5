{{ config(tags=['demo'], enabled=demo_is_as_printed()) }}
-- The worked examples of the definitions, on the demo's conversations of that name: first response in seconds by the
-- calendar, and the agent responses (wait, response).
with

expected as (
    select
        'frt-within-hours/1' as session_id,
        300.000 as first_response_seconds
    union all
    select
        'frt-before-opening/1' as session_id,
        4800.000 as first_response_seconds
    union all
    select
        'frt-bot-handoff/1' as session_id,
        1680.000 as first_response_seconds
),

expected_responses as (
    select
        'response-burst/1' as session_id,
        'agent' as responder_type,
        120.000 as wait_seconds,
        90.000 as response_seconds
    union all
    select
        'bot-then-handoff/1' as session_id,
        'bot' as responder_type,
        60.000 as wait_seconds,
        60.000 as response_seconds
    union all
    select
        'bot-then-handoff/1' as session_id,
        'agent' as responder_type,
        1680.000 as wait_seconds,
        1680.000 as response_seconds
)

select expected.session_id
from expected
left join {{ ref('fct_messaging_sessions') }} as sessions using (session_id)
where sessions.first_response_seconds is distinct from expected.first_response_seconds
union all
select expected_responses.session_id
from expected_responses
where not exists (
        select 1 from {{ ref('fct_responses') }} as responses
        where
            responses.session_id = expected_responses.session_id
            and responses.responder_type = expected_responses.responder_type
            and responses.wait_seconds = expected_responses.wait_seconds
            and responses.response_seconds = expected_responses.response_seconds
    )
