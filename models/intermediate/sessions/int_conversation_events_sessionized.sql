-- Grain: one row per accepted event, numbered in total order and assigned to its session.
with

events as (
    select * from {{ ref('int_conversation_events_deduplicated') }}
),

vocabulary as (
    select * from {{ ref('stg_messaging__event_types') }}
),

numbered as (
    select * from {{ ref('int_conversation_events_numbered') }}
),

final as (
    select
        events.* exclude (rejection_reason, payload, occurred_at_text, received_at_text),
        vocabulary.* exclude (
            event_type, sort_rank, starting_actors
            {%- for key in requirable_payload_keys() %},
            requires_{{ key }}
            {%- endfor %}
        ),
        numbered.is_starter,
        vocabulary.is_message and events.actor_type = 'end_user' as is_end_user_message,
        vocabulary.is_message and events.actor_type = 'agent' as is_agent_message,
        vocabulary.is_message and events.actor_type = 'bot' as is_bot_message,
        numbered.sort_rank,
        numbered.position_in_conversation,
        numbered.opens_session,
        {{ session_key('events.conversation_id', 'numbered.session_number') }} as session_id,
        numbered.session_number,
        numbered.position_in_session,
        numbered.is_preceding
    from events
    inner join vocabulary on events.event_type = vocabulary.event_type
    inner join numbered on events.event_id = numbered.event_id
)

select * from final
