-- Grain: one row per conversation of whose events something was delivered, or became visible, since the last build.
{{ waits_for('int_build_scope') }}
{%- set deliveries = ref('stg_messaging__conversation_event_deliveries') %}
with
{% if is_partial_build() %}
journaled as (
    select
        unit,
        id
    from {{ journal('touched') }}
),

scope as (
    select * from {{ ref('int_build_scope') }}
),

visible_since as (      -- with a given as_of a delivery may have waited for its moment
    select
        coalesce(conversation_id, '') as conversation_id,
        event_id
    from {{ deliveries }}
    where received_at > (select last_as_of from scope)
),

events as (
    select id as event_id from journaled
    where unit = 'event'
    union
    select event_id from visible_since
),

-- Of one event the earliest delivery wins, whichever conversation it names: all of them are to be judged anew.
found as (
    select id as conversation_id from journaled
    where unit = 'conversation'
    union
    select conversation_id from visible_since
    union
    select coalesce(conversation_id, '') as conversation_id
    from {{ deliveries }}
    where event_id in (select event_id from events)
),
{% else %}
found as (
    select conversation_id from {{ deliveries }}
    where false
),
{% endif %}
final as (
    select conversation_id from found
)

select * from final
