-- Grain: one row per conversation of whose events something was delivered, or became visible, since the last build.
{{ waits_for('int_build_scope') }}
with
{% if is_partial_build() %}
deliveries as (
    select
        coalesce(conversation_id, '') as conversation_id,
        event_id,
        received_at
    from {{ ref('stg_messaging__conversation_event_deliveries') }}
),

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
        deliveries.conversation_id,
        deliveries.event_id
    from deliveries
    cross join scope
    where deliveries.received_at > scope.last_as_of
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
    select deliveries.conversation_id
    from deliveries
    semi join events using (event_id)
),
{% else %}
found as (
    select conversation_id from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where false
),
{% endif %}
final as (
    select conversation_id from found
)

select * from final
