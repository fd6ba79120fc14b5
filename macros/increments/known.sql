{# What a partial build knows beyond its working set: of the rest, the facts as the last build left them. #}

{# The accepted events of agents in or after the first of the spans: those of the touched conversations anew, all others as they
   stand. #}
{% macro events_of_agents(spans) -%}
    {%- if is_partial_build() -%}
    (
        select
            actor_type,
            actor_id,
            conversation_id,
            session_id,
            event_id,
            occurred_at,
            sort_rank,
            focus_effect,
            is_agent_message
        from {{ ref('int_conversation_events_sessionized') }}
        union all
        select
            events.actor_type,
            events.actor_id,
            events.conversation_id,
            events.session_id,
            events.event_id,
            events.occurred_at,
            {{ rank_in_total_order('events', 'vocabulary') }} as sort_rank,
            vocabulary.focus_effect,
            vocabulary.is_message as is_agent_message
        from {{ standing('fct_conversation_events') }} as events
        inner join {{ ref('stg_messaging__event_types') }} as vocabulary using (event_type)
        where
            events.actor_type = 'agent'
            and not {{ in_touched_conversations('events.conversation_id') }}
            and events.occurred_at >= {{ earliest_of(ref(spans), 'from_ms') }}
    )
    {%- else -%}
    {{ ref('int_conversation_events_sessionized') }}
    {%- endif -%}
{%- endmacro %}
