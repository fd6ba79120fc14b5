-- Grain: one row per session with a topic that is still set: the one set last.
with

topics as (
    select * from {{ ref('int_topics_set') }}
    where removed_position is null
),

final as (
    select
        session_id,
        max_by(topic_id, set_position) as topic_id
    from topics
    group by session_id
)

select * from final
