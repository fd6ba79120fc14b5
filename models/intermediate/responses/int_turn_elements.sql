-- Grain: one row per thing that prompts or answers within a session: an effective message, or a waiting mark.
with

messages as (
    select
        event_id,
        session_id,
        actor_type,
        actor_id,
        position_in_conversation,
        sent_at as occurred_at,
        false as is_handoff
    from {{ ref('int_messages_with_receipts') }}
    where is_effective and actor_type != 'system'
),

handoffs as (
    select
        event_id,
        session_id,
        actor_type,
        actor_id,
        position_in_conversation,
        occurred_at,
        is_handoff
    from {{ ref('int_conversation_events_sessionized') }}
    where is_handoff
),

unioned as (
    select * from messages
    union all
    select * from handoffs
),

sided as (
    select
        *,
        not is_handoff and actor_type = 'end_user' as is_customer_message,
        not is_handoff and actor_type = 'agent' as is_agent_message,
        not is_handoff and actor_type = 'bot' as is_bot_message
    from unioned
),

customers_counted as (
    select
        *,
        count(*) filter (where is_customer_message) over (
            partition by session_id order by position_in_conversation
        ) as customer_messages_so_far
    from sided
),

marked as (      -- a hand-off before the customer said anything keeps nobody waiting
    select
        * exclude (is_handoff),
        is_handoff as is_mark
    from customers_counted
    where not is_handoff or customer_messages_so_far > 0
),

final as (
    select
        *,
        -- After a hand-off the customer waits for an agent: until one writes, what the bot says answers nothing.
        is_bot_message and coalesce(
            {{ last_value_before(
                "case when is_mark then true when is_agent_message then false end",
                partition_by='session_id', order_by='position_in_conversation'
            ) }}, false
        ) as is_muted
    from marked
)

select * from final
