-- Grain: one row per conversation that may have changed: by what was delivered, by as_of, by reference tables.
{{ waits_for(
    'int_agents_reassigned', 'int_messaging_users_changed', 'int_conversations_delivered', 'int_build_scope'
) }}
{%- set last_as_of = '(select last_as_of from ' ~ ref('int_build_scope') ~ ')' %}
with
{% if is_partial_build() %}
sessions as {{ inlined() }} (
    select * from {{ standing('fct_messaging_sessions') }}
),

agents as (
    select agent_id from {{ ref('int_agents_reassigned') }}
),

changed as (
    select conversation_id from {{ ref('int_conversations_delivered') }}
    union
    select conversation_id from sessions      -- what silence may still end
    where not is_ended
    union
    select conversation_id from sessions      -- and what ended by a clock ahead of the build's
    where ended_at > {{ last_as_of }}
    union
    select conversation_id from {{ rows_since(standing('fct_visits'), 'ended_at', last_as_of, '>') }}
    union
    select conversation_id from {{ standing('fct_sla_outcomes') }}      -- due later than opening hours were laid out
    where clock = 'business' and due_at is null
    union
    select conversation_id from sessions
    semi join {{ ref('int_messaging_users_changed') }} as users using (messaging_user_id)
    union
    select conversation_id from {{ standing('fct_conversation_events') }}
    where actor_type = 'agent' and actor_id in (select agent_id from agents)
    union
    select conversation_id from {{ standing('fct_agent_work') }}
    where agent_id in (select agent_id from agents)
    union
    select conversation_id from {{ standing('fct_agent_work') }}
    where terminal_agent_id in (select agent_id from agents)
),
{% else %}
changed as (
    select * from {{ ref('int_conversations_delivered') }}
    where false
),
{% endif %}
final as (
    {{ with_first_moments('changed') if is_partial_build() else 'select * from changed' }}
)

select * from final
