-- Grain: one row per accepted event.
{{ waits_for('int_agent_spans_touched') }}
{{ waits_for_readers(['int_visits_paired', 'int_presence_paired']) }}
with

events as (
    select * from {{ ref('int_conversation_events_placed') }}
),

final as (
    select
        event_id,
        event_type,
        conversation_id,
        session_id,
        channel_id,
        messaging_user_id,
        actor_type,
        actor_id,
        message_id,
        work_id,
        topic_id,
        survey_id,
        occurred_at,
        received_at,
        {{ local_date('occurred_at') }} as occurred_date,
        {{ local_date('received_at') }} as received_date,
        cast(position_in_conversation as bigint) as position_in_conversation,
        cast(position_in_session as bigint) as position_in_session,
        redelivery_count,
        is_preceding
    from events
)

select * from final
order by occurred_at
