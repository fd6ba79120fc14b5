-- How well was each user's working time used this month?
-- Source: messaging metrics guide, "User / Team reports", Utilization.
-- Mart: mart_agent_by_day.
-- Answer: utilisation is handle time ÷ time online and not away; occupancy the share of online time with open work;
-- concurrency the pieces of work carried at once, while any was; capacity utilisation the load carried ÷ the load
-- allowed. Asynchronous work shows as high occupancy and low utilisation: open work mostly waits for its customer.
-- Period: the month of as_of, cut at midnight.
-- Null: rates without anything to divide by: nobody online, no open work, no known capacity.
select
    agent_id,
    agents.agent_name,
    {{- metrics([
        'handle_working_seconds', 'working_seconds', 'utilisation_rate', 'occupied_seconds', 'online_seconds',
        'occupancy_rate', 'concurrency', 'capacity_utilisation_rate'
    ]) }}
from {{ ref('fct_agent_days') }} as agent_days
left join {{ ref('dim_agents') }} as agents using (agent_id)
where agent_days.is_active and {{ is_this_month('activity_date') }}
group by all
order by utilisation_rate desc nulls last, agent_id asc
