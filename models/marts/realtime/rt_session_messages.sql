-- Grain: one row per message sent in a session that has not ended at as_of.
with

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
    where not is_ended and not is_test_channel
),

messages as (
    select * from {{ ref('fct_messages') }}
    where not is_orphan
),

events as (
    select * from {{ ref('fct_conversation_events') }}
),

agents as (
    select * from {{ ref('dim_agents') }}
),

final as (
    select
        messages.session_id,
        row_number() over (partition by messages.session_id order by events.position_in_session) as message_number,
        messages.conversation_id,
        messages.event_id,
        messages.message_id,
        messages.actor_type,
        messages.actor_id,
        agents.agent_name,
        messages.message_text,
        messages.sent_at,
        messages.delivery_status,
        messages.status_code,
        messages.is_proactive,
        messages.has_attachments
    from messages
    inner join sessions using (session_id)
    inner join events using (event_id)
    left join agents using (agent_id)
)

select * from final
