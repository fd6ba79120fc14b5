{# The CTE `of_the_same_contacts`: whether a session is a repeat contact depends on the other sessions of its contact,
   as the contact is known now and as the last build knew it. #}
{% macro conversations_of_the_same_contacts(conversations) %}
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
    semi join {{ conversations }} using (conversation_id)
    union
    select messaging_user_id from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where coalesce(conversation_id, '') in (select conversation_id from {{ conversations }})
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
)
{%- endmacro %}
