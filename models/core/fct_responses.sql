-- Grain: one row per response: a run of waiting and the message that ends it; the unanswered last run included.
with

responses as (
    select
        *,
        case when responder_type = 'agent' then responder_actor_id end as agent_id
    from {{ ref('int_responses_paired') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

final as (
    select
        responses.session_id,
        responses.response_number,
        contexts.conversation_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        responses.responder_type,
        case
            when responses.responder_type = 'end_user' then contexts.messaging_user_id
            else responses.responder_actor_id
        end as responder_id,
        responses.agent_id,
        teams_then.team_id,
        responses.prompted_first_event_id,
        responses.prompted_last_event_id,
        responses.responded_event_id,
        responses.prompted_first_at,
        responses.prompted_last_at,
        responses.responded_at,
        {{ local_date('responses.responded_at') }} as responded_date,
        responses.prompt_count,
        {{ seconds_between('responses.prompted_first_at', 'responses.responded_at') }} as wait_seconds,
        {{ seconds_between('responses.prompted_last_at', 'responses.responded_at') }} as response_seconds,
        {{ business_seconds_between('contexts.business_hours_id',
            'open_at_first', 'responses.prompted_first_at', 'open_at_answer', 'responses.responded_at') }}
            as wait_business_seconds,
        {{ business_seconds_between('contexts.business_hours_id',
            'open_at_last', 'responses.prompted_last_at', 'open_at_answer', 'responses.responded_at') }}
            as response_business_seconds,
        responses.responded_at is not null as is_answered,
        contexts.is_test_channel,
        {{ is_clock_anomaly('responses.prompted_first_at', 'responses.responded_at') }} as has_clock_anomaly
    from responses
    inner join contexts using (session_id)
    {{ join_opened_by('open_at_first', 'contexts.business_hours_id', 'responses.prompted_first_at') }}
    {{ join_opened_by('open_at_last', 'contexts.business_hours_id', 'responses.prompted_last_at') }}
    {{ join_opened_by('open_at_answer', 'contexts.business_hours_id', 'responses.responded_at') }}
    {{ join_team_of('responses.agent_id', 'responses.responded_at') }}
)

select * from final
order by prompted_last_at
