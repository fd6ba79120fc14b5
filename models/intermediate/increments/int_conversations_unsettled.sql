-- Grain: one row per conversation that may have begun or ceased to have sessions since the last build: with it comes or
-- goes all that its agents did, and not only what was delivered.
{{ waits_for('int_conversations_delivered', 'stg_messaging__conversation_event_deliveries') }}
{%- set deliveries = ref('stg_messaging__conversation_event_deliveries') %}
with
{% if is_partial_build() %}
replaced_events as (      -- what has gone, and what was delivered no later than the winner that stood
    select id as event_id from {{ journal('touched') }}
    where unit = 'gone_event'
    union
    select deliveries.event_id
    from {{ deliveries }} as deliveries
    semi join (select id as event_id from {{ journal('touched') }} where unit = 'event') as delivered using (event_id)
    inner join {{ standing('fct_conversation_events') }} as winners using (event_id)
    where deliveries.received_at <= winners.received_at
    group by deliveries.event_id
    having count(*) > 1
),

changed as (
    select delivered.conversation_id
    from {{ ref('int_conversations_delivered') }} as delivered
    anti join {{ standing('fct_messaging_sessions') }} as sessions using (conversation_id)
    union
    select coalesce(conversation_id, '') as conversation_id
    from {{ deliveries }}
    where event_id in (select event_id from replaced_events)
    union
    select conversation_id from {{ standing('fct_conversation_events') }}
    semi join replaced_events using (event_id)
),
{% else %}
changed as (
    select conversation_id from {{ ref('int_conversations_delivered') }}
    where false
),
{% endif %}
final as (
    select conversation_id from changed
)

select * from final
