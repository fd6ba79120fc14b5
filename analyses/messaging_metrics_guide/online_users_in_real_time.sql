-- Who is online right now, in which status since when, with how much work, and how were their last twelve hours?
-- Source: messaging metrics guide, "Real-time dashboard", overview of all online users.
-- Mart: rt_agents.
-- Answer: the real-time view as it stands, busiest first. Click on: owned_conversations_of_a_user.
-- Period: the moment as_of, and the twelve hours before it.
-- Null: who has no limit to their capacity; rates and times of hours in which there was nothing of the kind.
select
    agent_id,
    agent_name,
    team_name,
    status,
    status_since_at,
    open_work_count,
    capacity,
    waiting_session_count,
    available_seconds,
    away_seconds,
    utilisation_rate,
    resolved_session_count,
    average_handle_seconds,
    csat_rate
from {{ ref('rt_agents') }}
order by open_work_count desc, agent_id asc
