-- What did each user do on each day of this month, for how long, and how fast?
-- Source: messaging metrics guide, "User / Team reports", User Overview.
-- Mart: mart_agent_by_day.
-- Answer: the mart of agents by day, its most telling columns; averages and percentiles of every duration stand beside
-- them there. For a whole month in one row see the analyses of handle time, availability and utilization: days of
-- distinct sessions do not add up.
-- Period: the days of the month of as_of on which the agent was online or did anything.
-- Null: a duration that was measured for nobody on that day, and online time where no presence is known.
select
    activity_date,
    agent_id,
    agent_name,
    online_seconds,
    available_seconds,
    utilisation_rate,
    handled_session_count,
    average_handle_seconds,
    agent_message_count,
    average_agent_response_seconds,
    average_first_response_seconds,
    resolved_session_count,
    accepted_work_count,
    average_speed_to_answer_seconds
from {{ ref('mart_agent_by_day') }}
where {{ is_this_month('activity_date') }}
order by activity_date desc, agent_id asc
