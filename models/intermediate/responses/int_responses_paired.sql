-- Grain: one row per response: a run of waiting and the message that ends it; the unanswered last run included.
with

elements as {{ inlined() }} (
    select * from {{ ref('int_turn_elements') }}
),

turns as (      -- each direction on its own: who prompts in one answers in the other
    select
        *,
        'business' as answering_side,
        is_customer_message or is_mark as is_prompt,
        is_agent_message or (is_bot_message and not is_muted) as is_answer
    from elements
    union all
    select
        *,
        'customer' as answering_side,
        is_agent_message or is_bot_message as is_prompt,
        is_customer_message as is_answer
    from elements
),

runs_numbered as (
    select
        *,
        count(*) filter (where is_answer) over (
            partition by session_id, answering_side order by position_in_conversation
            rows between unbounded preceding and 1 preceding
        ) as run_number
    from turns
    where is_prompt or is_answer
),

paired as (
    select
        session_id,
        answering_side,
        run_number,
        count(*) filter (where is_prompt) as prompt_count,
        min(case when is_prompt then occurred_at end) as prompted_first_at,
        max(case when is_prompt then occurred_at end) as prompted_last_at,
        min_by(event_id, case when is_prompt then position_in_conversation end) as prompted_first_event_id,
        max_by(event_id, case when is_prompt then position_in_conversation end) as prompted_last_event_id,
        max(case when is_answer then event_id end) as responded_event_id,
        max(case when is_answer then occurred_at end) as responded_at,
        max(case when is_answer then actor_type end) as responder_type,
        max(case when is_answer then actor_id end) as responder_actor_id,
        max(case when is_answer then position_in_conversation end) as responded_position
    from runs_numbered
    group by session_id, answering_side, run_number
),

responses as (      -- what nobody prompted is no response; what the customer left unanswered is nobody's wait
    select * from paired
    where prompt_count > 0 and (responded_at is not null or answering_side = 'business')
),

final as (
    select
        session_id,
        row_number() over (partition by session_id order by responded_position asc nulls last) as response_number,
        prompted_first_event_id,
        prompted_last_event_id,
        responded_event_id,
        responder_type,
        responder_actor_id,
        prompted_first_at,
        prompted_last_at,
        responded_at,
        prompt_count
    from responses
)

select * from final
