-- For how much of their time online was each user available this month?
-- Source: messaging metrics guide, "User / Team reports", Agent Availability.
-- Mart: mart_agent_by_day.
-- Answer: time by presence status. Online is available, busy or away; an online status that has gone stale is
-- `unknown_seconds` and neither. An agent's presence stays whole: test channels are not taken out of it.
-- Period: the month of as_of, cut at midnight; a status that still holds runs to as_of.
-- Null: the times of agents of whom no presence is known, and the rate of those who were never online.
select
    agent_id,
    agents.agent_name,
    {{- metrics(['online_seconds', 'available_seconds', 'away_seconds', 'unknown_seconds', 'availability_rate']) }}
from {{ ref('fct_agent_days') }} as agent_days
left join {{ ref('dim_agents') }} as agents using (agent_id)
where agent_days.is_active and {{ is_this_month('activity_date') }}
group by all
order by online_seconds desc nulls last, agent_id asc
