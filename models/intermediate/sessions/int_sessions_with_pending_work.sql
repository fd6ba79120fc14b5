-- Grain: one row per session with work that was offered and that nobody has accepted, refused or closed.
with

work_events as (
    select * from {{ ref('int_conversation_events_sessionized') }}
    where is_work_event
),

works as (
    select
        conversation_id,
        work_id,
        min_by(session_id, position_in_conversation) as session_id,
        bool_or(is_work_offer) and not bool_or(is_work_acceptance or is_work_terminal) as is_pending
    from work_events
    group by conversation_id, work_id
),

final as (
    select session_id
    from works
    where is_pending
    group by session_id
)

select * from final
