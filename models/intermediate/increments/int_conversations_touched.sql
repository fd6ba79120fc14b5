-- Grain: one row per conversation that has to be computed anew, whole. Empty in a build that computes all of them.
{{ waits_for(
    'int_agents_reassigned',
    'int_messaging_users_changed',
    'int_agent_moments_touched',
    'stg_messaging__messaging_users',
    'stg_messaging__conversation_event_deliveries',
    'int_build_scope'
) }}
{{ config(post_hook=journal_conversations()) }}
with
{% if is_partial_build() %}
scope as (
    select * from {{ ref('int_build_scope') }}
),

sessions as (
    select * from {{ standing('fct_messaging_sessions') }}
),

visits as (
    select
        *,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        coalesce({{ epoch_milliseconds('ended_at') }}, 253402300799999) as ended_ms
    from {{ standing('fct_visits') }}
),

agents as (
    select agent_id from {{ ref('int_agents_reassigned') }}
),

changed as (
    select conversation_id from {{ ref('int_conversations_delivered') }}
    union
    select sessions.conversation_id      -- what silence may still end, and what ended by a clock ahead of the build's
    from sessions
    cross join scope
    where not sessions.is_ended or sessions.ended_at > scope.last_as_of
    union
    select visits.conversation_id
    from visits
    cross join scope
    where visits.ended_at is null or visits.ended_at > scope.last_as_of
    union
    select conversation_id from sessions
    semi join {{ ref('int_messaging_users_changed') }} as users using (messaging_user_id)
    union
    select conversation_id from {{ standing('fct_conversation_events') }}
    where actor_type = 'agent' and actor_id in (select agent_id from agents)
    union
    select conversation_id from {{ standing('fct_agent_work') }}
    where agent_id in (select agent_id from agents) or terminal_agent_id in (select agent_id from agents)
),

-- An agent has one conversation in focus: what came into one of them cuts the visits to others.
looked_at_meanwhile as (
    select visits.conversation_id
    from visits
    inner join {{ ref('int_agent_moments_touched') }} as moments
        on
            visits.agent_id = moments.agent_id
            and visits.started_ms <= moments.to_ms
            and visits.ended_ms >= moments.from_ms
),

{{ conversations_of_the_same_contacts('changed') | indent }},

found as (
    select conversation_id from changed
    union
    select conversation_id from looked_at_meanwhile
    union
    select conversation_id from of_the_same_contacts
),
{% else %}
found as (
    select conversation_id from {{ ref('int_conversations_delivered') }}
    where false
),
{% endif %}
final as (
    select conversation_id from found
)

select * from final
