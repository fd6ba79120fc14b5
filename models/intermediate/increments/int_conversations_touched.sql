-- Grain: one row per conversation that has to be computed anew, whole. Empty in a build that computes all of them.
{{ waits_for(
    'int_conversations_changed', 'int_agent_moments_touched', 'stg_messaging__messaging_users',
    'stg_messaging__conversation_event_deliveries'
) }}
{{ config(post_hook=journal_conversations()) }}
with
{% if is_partial_build() %}
changed as (
    select * from {{ ref('int_conversations_changed') }}
),

visits as (
    select
        *,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        coalesce({{ epoch_milliseconds('ended_at') }}, 253402300799999) as ended_ms
    from {{ standing('fct_visits') }}
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

-- Whether a session is a repeat contact depends on the other sessions of its contact, as the contact is known now and as
-- the last build knew it.
users_known as (
    select
        messaging_user_id,
        coalesce(contact_id, messaging_user_id) as contact_key
    from {{ ref('stg_messaging__messaging_users') }}
    union
    select
        messaging_user_id,
        contact_key
    from {{ standing('dim_messaging_users') }}
),

users_changed as (
    select messaging_user_id from {{ standing('fct_messaging_sessions') }}
    semi join changed using (conversation_id)
    union
    select messaging_user_id from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where coalesce(conversation_id, '') in (select conversation_id from changed)
),

contacts_changed as (
    select users_known.contact_key
    from users_known
    semi join users_changed using (messaging_user_id)
    union
    select messaging_user_id as contact_key from users_changed
),

users_of_contacts as (
    select users_known.messaging_user_id
    from users_known
    semi join contacts_changed using (contact_key)
),

of_the_same_contacts as (
    select sessions.conversation_id
    from {{ standing('fct_messaging_sessions') }} as sessions
    semi join users_of_contacts using (messaging_user_id)
),

found as (
    select conversation_id from changed
    union
    select conversation_id from looked_at_meanwhile
    union
    select conversation_id from of_the_same_contacts
),
{% else %}
found as (
    select conversation_id from {{ ref('int_conversations_changed') }}
    where false
),
{% endif %}
final as (
    select conversation_id from found
)

select * from final
