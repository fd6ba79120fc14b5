-- Grain: one row per accepted event, numbered in total order and assigned to its session, with what its type means.
{{ config(materialized='view') }}
with

events as (
    select * from {{ ref('int_conversation_events_placed') }}
),

vocabulary as (
    select * from {{ ref('stg_messaging__event_types') }}
),

final as (
    select
        events.*,
        vocabulary.* exclude (
            event_type, sort_rank, starting_actors
            {%- for key in requirable_payload_keys() %},
            requires_{{ key }}
            {%- endfor %}
        ),
        vocabulary.is_message and events.actor_type = 'end_user' as is_end_user_message,
        vocabulary.is_message and events.actor_type = 'agent' as is_agent_message,
        vocabulary.is_message and events.actor_type = 'bot' as is_bot_message
    from events
    inner join vocabulary on events.event_type = vocabulary.event_type
)

select * from final
