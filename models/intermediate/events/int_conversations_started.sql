-- Grain: one row per conversation in which some event starts a session. A conversation without one has no session.
with

events as (
    select * from {{ ref('int_conversation_events_deduplicated') }}
),

vocabulary as (
    select * from {{ ref('stg_messaging__event_types') }}
),

final as (
    select events.conversation_id
    from events
    inner join vocabulary using (event_type)
    where {{ is_starter() }}
    group by events.conversation_id
)

select * from final
