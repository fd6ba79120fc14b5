-- Grain: one row per conversation of which a session may be a repeat contact, or cease to be one, for a changed one.
{{ waits_for(
    'int_conversations_changed', 'stg_messaging__messaging_users', 'stg_messaging__conversation_event_ledger'
) }}
with
{% if is_partial_build() %}
changed as (
    select * from {{ ref('int_conversations_changed') }}
),

users_known as {{ inlined() }} (      -- as the contacts are known now, and as the last build knew them
    select
        messaging_user_id,
        coalesce(contact_id, messaging_user_id) as contact_key
    from {{ ref('stg_messaging__messaging_users') }}
    where messaging_user_id in (      -- of all others both say the same
        select id from {{ journal('touched') }}
        where unit = 'messaging_user' and source = 'stg_messaging__messaging_users'
    )
    union all
    select
        messaging_user_id,
        contact_key
    from {{ standing('dim_messaging_users') }}
),

-- Whose it is or was, and between which moments it opens and closes sessions, now or in the last build.
told_of_changed as (
    select
        conversation_id,
        messaging_user_id,
        started_at as from_at,
        closed_at as to_at
    from {{ standing('fct_messaging_sessions') }}
    semi join changed using (conversation_id)
    -- So that the engine skips what is long past.
    where started_at >= {{ earliest_of(ref('int_conversations_changed')) }}
    union all
    select
        {{ conversation_of_delivery() }} as conversation_id,
        messaging_user_id,
        occurred_at as from_at,
        {{ hours_after('occurred_at', var('session_inactivity_hours')) }} as to_at
    from {{ deliveries_of(ref('int_conversations_changed')) }}
    where rejection_reason is null and {{ is_delivered_as_of() }}
),

contacts_changed as (
    select
        told_of_changed.conversation_id,
        users_known.contact_key
    from users_known
    inner join told_of_changed using (messaging_user_id)
    union distinct
    select
        conversation_id,
        messaging_user_id as contact_key
    from told_of_changed
),

addresses_changed as (      -- of all contacts only theirs are kept: few, of many
    select distinct
        messaging_user_id,
        contact_key
    from users_known
    where contact_key in (select contact_key from contacts_changed)
),

spans_changed as (
    select
        conversation_id,
        min(from_at) as from_at,
        max(to_at) + interval {{ var('repeat_contact_days') }} day as to_at
    from told_of_changed
    group by conversation_id
),

found as (
    select sessions.conversation_id
    from spans_changed
    inner join contacts_changed using (conversation_id)
    inner join addresses_changed using (contact_key)
    inner join {{ standing('fct_messaging_sessions') }} as sessions
        on
            addresses_changed.messaging_user_id = sessions.messaging_user_id
            and sessions.started_at between spans_changed.from_at and spans_changed.to_at
    -- So that the engine skips what is long past.
    where sessions.started_at >= (select min(from_at) from spans_changed)
),
{% else %}
found as (
    select conversation_id from {{ ref('int_conversations_changed') }}
    where false
),
{% endif %}
final as (
    select distinct conversation_id from found
)

select * from final
