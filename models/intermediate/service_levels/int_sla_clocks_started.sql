-- Grain: one row per thing that a promise can be about: metric, session and, for next responses, response.
with

responses as (
    select
        *,
        bool_or(responder_type = 'agent') over (partition by session_id) as has_agent_answer
    from {{ ref('int_responses_paired') }}
),

first_responses as {{ inlined() }} (
    select * from {{ ref('int_first_responses') }}
),

resolutions as (      -- what reopens later does not take the first resolve back
    select * from {{ ref('int_resolution_cycles_cut') }}
    where cycle_number = 1{{ ' and false' if not is_recorded('resolutions') }}
),

-- The answer that stopped the first-response clock has kept its promise there. A customer who still waits, waits for a
-- next response once an agent has answered or stopped that clock.
next_responses as (
    select responses.*
    from responses
    left join first_responses using (session_id)
    where
        case
            when responses.responded_at is null
                then responses.has_agent_answer or first_responses.first_response_event_id is not null
            else
                responses.responder_type = 'agent'
                and responses.responded_event_id is distinct from first_responses.first_response_event_id
        end
),

final as (
    select
        'first_response' as metric,
        session_id,
        cast(null as bigint) as response_number,
        first_response_agent_id as agent_id,
        first_response_started_event_id as started_event_id,
        first_response_event_id as stopped_event_id,
        first_response_started_at as started_at,
        first_responded_at as stopped_at
    from first_responses
    union all
    select
        'next_response' as metric,
        session_id,
        response_number,
        responder_actor_id as agent_id,
        prompted_first_event_id as started_event_id,
        responded_event_id as stopped_event_id,
        prompted_first_at as started_at,
        responded_at as stopped_at
    from next_responses
    union all
    select
        'resolution' as metric,
        session_id,
        null as response_number,
        resolved_by_agent_id as agent_id,
        opened_event_id as started_event_id,
        resolved_event_id as stopped_event_id,
        opened_at as started_at,
        resolved_at as stopped_at
    from resolutions
)

select * from final
