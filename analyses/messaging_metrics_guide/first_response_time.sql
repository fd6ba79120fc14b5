-- How long does it take for a customer to receive a first reply, and how often is that as fast as promised?
-- Source: messaging metrics guide, "Service Level Agreement", First Response Time.
-- Mart: mart_response_times_by_day, mart_sla_by_day.
-- Answer: from the customer's first message, or the bot's hand-off after it, to the first message of an agent: by
-- channel, on the calendar and on the channel's business hours. The rate is promises kept ÷ promises decided.
-- Period: the month of as_of; times by the day of the answer, promises by the day on which their clock started.
-- Null: times of channels on which nobody has been answered, the rate where nothing was promised or decided.
with

times as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'first_response_count', 'average_first_response_seconds', 'p50_first_response_seconds',
            'p90_first_response_seconds', 'average_first_response_business_seconds',
            'p50_first_response_business_seconds', 'p90_first_response_business_seconds'
        ]) }}
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ is_this_month('first_responded_date') }}
    group by all
),

promises as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics(['sla_met_count', 'sla_decided_count', 'sla_attainment_rate']) }}
    from {{ ref('fct_sla_outcomes') }}
    where metric = 'first_response' and not is_test_channel and {{ is_this_month('started_date') }}
    group by all
)

select {{ all_with_zeros(['first_response_count', 'sla_met_count', 'sla_decided_count']) }}
from times
full join promises using (channel_id)
order by first_response_count desc, channel_id asc
