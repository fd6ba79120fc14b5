-- Grain: one row per accepted event: its place in the total order of its conversation, its session, and what most
-- steps ask. All accepted events are written here and read by most that follows, so each column has to be worth it:
-- what an event type means is looked up (`int_conversation_events_sessionized`), and what few ask stays where it was
-- delivered (`int_conversation_event_payloads`).
with

events as (
    select * from {{ ref('int_conversation_events_deduplicated') }}
),

numbered as (
    select * from {{ ref('int_conversation_events_numbered') }}
),

final as (
    select
        events.* exclude (
            rejection_reason, payload, occurred_at_text, received_at_text,
            {{ payload_columns_of_few() | join(', ') }}
        ),
        numbered.is_starter,
        numbered.sort_rank,
        numbered.position_in_conversation,
        numbered.opens_session,
        {{ session_key('events.conversation_id', 'numbered.session_number') }} as session_id,
        numbered.session_number,
        numbered.position_in_session,
        numbered.is_preceding
    from events
    inner join numbered using (event_id)
)

select * from final
