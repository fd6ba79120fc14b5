-- Grain: one row per topic_added event: the topic, and where and when in the session it was taken off again.
with

changes as (
    select * from {{ ref('int_conversation_events_sessionized') }}
    where (is_topic_added or is_topic_removed){{ ' and false' if not is_recorded('topics') }}
),

removals_found as (
    select
        *,
        min(case when is_topic_removed then position_in_conversation end) over (
            partition by session_id, topic_id order by position_in_conversation
            rows between 1 following and unbounded following
        ) as removed_position,
        min(case when is_topic_removed then occurred_at end) over (
            partition by session_id, topic_id order by position_in_conversation
            rows between 1 following and unbounded following
        ) as removed_at
    from changes
),

final as (
    select
        event_id,
        session_id,
        topic_id,
        position_in_conversation as set_position,
        removed_position,
        occurred_at as set_at,
        removed_at
    from removals_found
    where is_topic_added
)

select * from final
