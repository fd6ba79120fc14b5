-- Of how many messages is any delivery report known, by type of platform and by channel?
-- Source: Report on Messaging Activity in Service Cloud, "Track Message Delivery Failures (Standard Channels)".
-- Mart: mart_delivery_reports_by_day.
-- Answer: reported ÷ recorded messages, orphans included. No report is not "delivered": of an unreported message nobody
-- knows whether it arrived, so failures can only be told of the reported ones, and where coverage is low, few failures
-- say little.
-- Period: the month of as_of, by the day of the message, or of its first report where it was never seen itself.
-- Null: the share that failed where nothing was reported; the platform type of channels that no reference table knows.
with

counted as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'recorded_message_count', 'reported_message_count', 'unreported_message_count', 'report_coverage_rate',
            'reached_message_count', 'failed_message_count', 'reported_failure_rate'
        ]) }}
    from {{ ref('fct_messages') }}
    where not is_test_channel and {{ is_this_month('message_date') }}
    group by all
),

channels as (
    select * from {{ ref('dim_channels') }}
)

select
    channels.platform_type,
    counted.*
from counted
left join channels using (channel_id)
order by channels.platform_type asc nulls last, counted.report_coverage_rate asc, counted.channel_id asc
