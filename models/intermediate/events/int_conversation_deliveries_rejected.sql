-- Grain: one row per rejected delivery of a conversation event.
{%- set columns = [
    'event_id', 'event_type', 'conversation_id', 'channel_id', 'messaging_user_id', 'actor_type', 'actor_id',
    raw_text_of('occurred_at') ~ ' as occurred_at', raw_text_of('received_at') ~ ' as received_at', 'payload',
    'rejection_reason'
] | join(',\n        ') %}
with

deliveries as {{ inlined() }} (
    select * from {{ ref('int_conversation_deliveries_touched') }}
),

judged as {{ inlined() }} (
    select * from {{ ref('int_conversation_event_redeliveries_judged') }}
),

started as {{ inlined() }} (
    select * from {{ ref('int_conversations_started') }}
),

invalid as (
    select * from deliveries
    where rejection_reason is not null
),

without_session as (      -- an exact redelivery is counted with its winner, whatever becomes of that
    select deliveries.* replace ('no_session' as rejection_reason)
    from deliveries
    anti join started using (conversation_id)
    anti join judged on deliveries.event_id = judged.event_id
    where deliveries.rejection_reason is null
),

repeated_rejected as (
    select
        judged.* replace (
            case when started.conversation_id is null then 'no_session' else 'conflicting_redelivery' end
                as rejection_reason
        )
    from judged
    left join started using (conversation_id)
    where (judged.is_winner and started.conversation_id is null) or judged.is_conflict
),

unioned as (
    select
        {{ columns }}
    from invalid
    union all
    select
        {{ columns }}
    from without_session
    union all
    select
        {{ columns }}
    from repeated_rejected
),

final as (
    select * from unioned
    where {{ in_touched_conversations(conversation_of_delivery('received_at')) }}
)

select * from final
