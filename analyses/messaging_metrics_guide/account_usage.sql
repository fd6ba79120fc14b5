-- How much is messaging used, day by day, week by week, month by month and quarter by quarter?
-- Source: messaging metrics guide, "Managing the bigger picture", the report Account Usage.
-- Mart: mart_account_usage_by_period.
-- Answer: the mart as it stands, all channels together. Contacts and agents are distinct within their period, so the
-- days do not add up to a week.
-- Period: every day, ISO week, month and quarter with traffic; the last of each runs to as_of.
-- Null: nowhere; a count without anything to count is 0.
select
    period_type,
    period_start,
    unique_contacts,
    closed_conversations,
    active_agents,
    proactive_messages
from {{ ref('mart_account_usage_by_period') }}
where channel_id = '(all)'
order by period_type desc, period_start desc
