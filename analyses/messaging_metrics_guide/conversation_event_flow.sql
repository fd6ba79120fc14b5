-- Which events does a conversation consist of, and what follows what?
-- Source: messaging metrics guide, "Conversation Event Flow".
-- Mart: none.
-- Answer: for each type of event and the type that comes next in its session, how often, and how long after it. Where
-- nothing comes next the session's log ends. The flow of one conversation is told by trace_conversation.
-- Period: sessions that started in the month of as_of.
-- Null: the next type and the seconds to it, after the last event.
with

sessions as (
    select session_id
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ is_this_month('started_date') }}
),

events as (
    select
        event_type,
        occurred_at,
        lead(event_type) over next_event as next_event_type,
        lead(occurred_at) over next_event as next_occurred_at
    from {{ ref('fct_conversation_events') }}
    inner join sessions using (session_id)
    window next_event as (partition by session_id order by position_in_session)
),

steps as (
    select
        event_type,
        next_event_type,
        {{ seconds_between('occurred_at', 'next_occurred_at') }} as step_seconds
    from events
)

select
    event_type,
    next_event_type,
    count(*) as step_count,
    percentile_disc(0.5) within group (order by step_seconds) as p50_step_seconds,
    percentile_disc(0.9) within group (order by step_seconds) as p90_step_seconds
from steps
group by event_type, next_event_type
order by step_count desc, event_type asc, next_event_type asc
