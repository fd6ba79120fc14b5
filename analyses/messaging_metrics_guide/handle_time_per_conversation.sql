-- How much time did agents spend on each conversation that was closed this month?
-- Source: messaging metrics guide, "Handle Time".
-- Mart: none.
-- Answer: for each session and agent the sum of their visits: from opening the conversation to moving to another one.
-- Beside it the time from the session's start to its close, most of which belongs to the customer.
-- Period: sessions closed in the month of as_of, with all their visits, whenever those were.
-- Null: the agent and the times of sessions that no agent looked at.
with

sessions as (
    select
        session_id,
        {{ seconds_between('started_at', 'closed_at') }} as seconds_to_close
    from {{ ref('fct_messaging_sessions') }}
    where is_closed and not is_test_channel and {{ is_this_month('closed_date') }}
),

handling as (
    select
        session_id,
        agent_id,
        sum(visit_count) as visit_count,
        {{- metrics(['handle_seconds', 'viewing_seconds']) }}
    from {{ ref('fct_agent_session_days') }}
    group by session_id, agent_id
)

select
    session_id,
    handling.agent_id,
    coalesce(handling.visit_count, 0) as visit_count,
    handling.handle_seconds,
    handling.viewing_seconds,
    sessions.seconds_to_close
from sessions
left join handling using (session_id)
order by handling.handle_seconds desc nulls last, session_id asc, handling.agent_id asc
