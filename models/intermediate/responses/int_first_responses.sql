-- Grain: one row per inbound session in which a customer wrote: the clock of the first response by a human.
with

elements as (
    select
        elements.*,
        elements.is_agent_message and elements.customer_messages_so_far > 0 as is_agent_answer
    from {{ ref('int_turn_elements') }} as elements
    inner join {{ ref('int_sessions_aggregated') }} as sessions using (session_id)
    -- A first response is measured where the customer began, and where nothing that was said is missing.
    where sessions.origin = 'inbound' and sessions.are_messages_recorded
),

first_of_each as (
    select
        session_id,
        min(case when is_customer_message then occurred_at end) as first_customer_at,
        min_by(event_id, case when is_customer_message then position_in_conversation end) as first_customer_event_id,
        min(case when is_mark then position_in_conversation end) as first_mark_position,
        min(case when is_mark then occurred_at end) as first_mark_at,
        min_by(event_id, case when is_mark then position_in_conversation end) as first_mark_event_id,
        min(case when is_agent_answer then position_in_conversation end) as first_answer_position,
        min(case when is_agent_answer then occurred_at end) as first_responded_at,
        min_by(actor_id, case when is_agent_answer then position_in_conversation end) as first_response_agent_id,
        min_by(event_id, case when is_agent_answer then position_in_conversation end) as first_response_event_id
    from elements
    group by session_id
),

restarts_judged as (      -- a bot that hands over restarts the clock: until then nobody waited for a human
    select
        *,
        coalesce(first_mark_position < first_answer_position, first_mark_position is not null) as is_restarted
    from first_of_each
    where first_customer_at is not null
),

final as (
    select
        session_id,
        case when is_restarted then first_mark_event_id else first_customer_event_id end
            as first_response_started_event_id,
        first_response_event_id,
        first_response_agent_id,
        case when is_restarted then first_mark_at else first_customer_at end as first_response_started_at,
        first_responded_at
    from restarts_judged
)

select * from final
