-- How many agents wrote to customers each week?
-- Source: messaging metrics guide, "Account Usage", Active Agents.
-- Mart: mart_account_usage_by_period.
-- Answer: agents with at least one message, all channels together; being online alone does not count.
-- Period: every ISO week with traffic, by its Monday; the last runs to as_of.
-- Null: nowhere; a week in which only the bot wrote has 0.
select
    period_start as week_start,
    active_agents
from {{ ref('mart_account_usage_by_period') }}
where period_type = 'week' and channel_id = '(all)'
order by week_start desc
