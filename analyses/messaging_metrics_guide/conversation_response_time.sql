-- How long do customers wait for each answer in a conversation, and how often is that as short as promised?
-- Source: messaging metrics guide, "Service Level Agreement", Conversation Response Time; "Other Metrics".
-- Mart: mart_response_times_by_day, mart_sla_by_day.
-- Answer: of every answer of an agent the wait, from the first message that waited for it (what the customer felt), and
-- the response time, from the last (how fast the answer came), by channel. Promises are those about answers after the
-- first.
-- Period: the month of as_of; times by the day of the answer, promises by the day on which their clock started.
-- Null: times of channels on which no agent has answered, the rate where nothing was promised or decided.
with

answers as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'agent_response_count', 'average_agent_wait_seconds', 'p50_agent_wait_seconds', 'p90_agent_wait_seconds',
            'average_agent_response_seconds', 'p50_agent_response_seconds', 'p90_agent_response_seconds',
            'p50_agent_response_business_seconds'
        ]) }}
    from {{ ref('fct_responses') }}
    where agent_id is not null and not is_test_channel and {{ is_this_month('responded_date') }}
    group by all
),

promises as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics(['sla_met_count', 'sla_decided_count', 'sla_attainment_rate']) }}
    from {{ ref('fct_sla_outcomes') }}
    where metric = 'next_response' and not is_test_channel and {{ is_this_month('started_date') }}
    group by all
)

select {{ all_with_zeros(['agent_response_count', 'sla_met_count', 'sla_decided_count']) }}
from answers
full join promises using (channel_id)
order by agent_response_count desc, channel_id asc
