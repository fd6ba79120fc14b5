-- Grain: one row per session and topic that was set in it, whether or not it was taken off again.
with

settings as (
    select * from {{ ref('int_topics_set') }}
),

events as (
    select * from {{ ref('int_conversation_events_placed') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

summed as (
    select
        settings.session_id,
        settings.topic_id,
        min(events.occurred_at) as first_set_at,
        max(events.occurred_at) as last_set_at,
        min_by(events.actor_type, settings.set_position) as first_set_by_type,
        count(*) as set_count,
        bool_or(settings.removed_position is null) as is_still_set
    from settings
    inner join events using (event_id)
    group by settings.session_id, settings.topic_id
),

final as (
    select
        summed.session_id,
        summed.topic_id,
        contexts.conversation_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        summed.first_set_by_type,
        summed.first_set_at,
        {{ local_date('summed.first_set_at') }} as first_set_date,
        summed.last_set_at,
        summed.set_count,
        summed.is_still_set,
        standing.topic_id is not null as is_session_topic,
        contexts.is_test_channel
    from summed
    inner join contexts using (session_id)
    left join {{ ref('int_session_topics_standing') }} as standing
        on summed.session_id = standing.session_id and summed.topic_id = standing.topic_id
)

select * from final
order by first_set_at
