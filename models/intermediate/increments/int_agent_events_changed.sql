-- Grain: one row per event of an agent that has come, gone, or moved to another session or channel.
{{ waits_for('int_conversation_events_placed', 'int_session_contexts', 'int_conversations_touched') }}
with
{% if is_partial_build() %}
events_now as (
    select
        events.event_id,
        events.actor_id as agent_id,
        events.conversation_id,
        events.session_id,
        events.event_type,
        events.occurred_at,
        contexts.channel_id,
        contexts.is_test_channel
    from {{ ref('int_conversation_events_placed') }} as events
    inner join {{ ref('int_session_contexts') }} as contexts using (session_id)
    where events.actor_type = 'agent'
),

events_then as (      -- an event that comes late may open the session anew, on another channel
    select
        events.event_id,
        events.actor_id as agent_id,
        events.conversation_id,
        events.session_id,
        events.event_type,
        events.occurred_at,
        sessions.channel_id,
        sessions.is_test_channel
    from {{ of_touched_conversations(standing('fct_conversation_events')) }} as events
    inner join {{ standing('fct_messaging_sessions') }} as sessions using (session_id)
    where events.actor_type = 'agent'
),

changed as (
    (select * from events_now except select * from events_then)
    union all
    (select * from events_then except select * from events_now)
),
{% else %}
changed as (
    select
        *,
        actor_id as agent_id
    from {{ ref('int_conversation_events_placed') }}
    where false
),
{% endif %}
final as (
    select
        event_id,
        agent_id,
        conversation_id,
        session_id,
        event_type,
        occurred_at
    from changed
)

select * from final
