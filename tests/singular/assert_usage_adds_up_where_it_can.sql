-- Closed conversations and proactive messages add up over channels and periods to the facts; distinct counts only
-- lie between their largest part and the sum of their parts.
with

by_period as (
    select
        period_type,
        coalesce(sum(closed_conversations) filter (where channel_id = '(all)'), 0) as closed_conversations,
        coalesce(sum(closed_conversations) filter (where channel_id != '(all)'), 0) as closed_by_channel,
        coalesce(sum(proactive_messages) filter (where channel_id = '(all)'), 0) as proactive_messages,
        coalesce(sum(proactive_messages) filter (where channel_id != '(all)'), 0) as proactive_by_channel
    from {{ ref('mart_account_usage_by_period') }}
    group by period_type
),

facts as (
    select
        (
            select count(*) from {{ ref('fct_messaging_sessions') }}
            where is_closed_conversation and not is_test_channel
        ) as closed_conversations,
        (
            select count(*) from {{ ref('fct_messages') }}
            where is_proactive_outreach and not is_test_channel
        ) as proactive_messages
),

distinct_counts as (
    select
        period_type,
        period_start,
        coalesce(max(unique_contacts) filter (where channel_id = '(all)'), 0) as unique_contacts,
        coalesce(max(unique_contacts) filter (where channel_id != '(all)'), 0) as largest_part,
        coalesce(sum(unique_contacts) filter (where channel_id != '(all)'), 0) as sum_of_parts
    from {{ ref('mart_account_usage_by_period') }}
    group by period_type, period_start
)

select
    by_period.period_type,
    cast(null as date) as period_start
from by_period
cross join facts
where
    by_period.closed_conversations is distinct from facts.closed_conversations
    or by_period.closed_by_channel is distinct from facts.closed_conversations
    or by_period.proactive_messages is distinct from facts.proactive_messages
    or by_period.proactive_by_channel is distinct from facts.proactive_messages
union all
select
    period_type,
    period_start
from distinct_counts
where
    unique_contacts < largest_part
    or unique_contacts > sum_of_parts
