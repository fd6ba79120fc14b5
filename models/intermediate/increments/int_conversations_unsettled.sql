-- Grain: one row per conversation that may have begun or ceased to have sessions since the last build: with it comes or
-- goes all that its agents did, and not only what was delivered.
{{ waits_for('int_event_deliveries_touched', 'int_conversations_delivered') }}
with
{% if is_partial_build() %}
deliveries as (
    select * from {{ ref('int_event_deliveries_touched') }}
),

winners as (      -- those of the same events: they, too, were delivered before, or have gone since
    select * from {{ standing('fct_conversation_events') }}
    where occurred_at >= {{ earliest_of(ref('int_conversations_delivered')) }}
),

replaced_events as (      -- what has gone, and what was delivered no later than the winner that stood
    select id as event_id from {{ journal('touched') }}
    where unit = 'gone_event'
    union
    select deliveries.event_id
    from deliveries
    semi join (select id as event_id from {{ journal('touched') }} where unit = 'event') as delivered using (event_id)
    inner join winners using (event_id)
    where deliveries.received_at <= winners.received_at
    group by deliveries.event_id
    having count(*) > 1
),

changed as (
    select delivered.conversation_id
    from {{ ref('int_conversations_delivered') }} as delivered
    anti join {{ standing('fct_messaging_sessions') }} as sessions using (conversation_id)
    union
    select conversation_id from deliveries
    where event_id in (select event_id from replaced_events)
    union
    select conversation_id from winners
    where event_id in (select event_id from replaced_events)
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
