-- Grain: one row per event of an agent that has come, gone, or moved to another session since the last build.
{{ waits_for('int_conversation_events_sessionized', 'int_conversations_touched') }}
with
{% if is_partial_build() %}
events_now as (
    select
        event_id,
        actor_id as agent_id,
        conversation_id,
        session_id,
        event_type,
        occurred_at
    from {{ ref('int_conversation_events_sessionized') }}
    where actor_type = 'agent'
),

events_then as (
    select
        event_id,
        actor_id as agent_id,
        conversation_id,
        session_id,
        event_type,
        occurred_at
    from {{ standing('fct_conversation_events') }}
    where actor_type = 'agent' and {{ in_touched_conversations() }}
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
    from {{ ref('int_conversation_events_sessionized') }}
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
