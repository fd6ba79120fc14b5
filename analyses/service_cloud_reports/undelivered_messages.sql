-- Which single messages were not delivered, from whom, on which channel, and why?
-- Source: Report on Messaging Activity in Service Cloud, "Track Message Delivery Failures (Standard Channels)".
-- Mart: none.
-- Answer: one row for each message that a platform said has failed, sent or known by that failure alone (an orphan),
-- the latest first; no text. The source cannot track enhanced channels: `platform_type` tells them apart. A message
-- that nobody reported on is not here, and not known to have arrived either: delivery_report_coverage counts those.
-- Period: the month of as_of, by the day of the message, or of its failure where the message itself was never seen.
-- Null: of an orphan the time sent, the direction and the sender; the code of a failure without one; the platform type
-- of channels that no reference table knows.
with

failed as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messages') }}
    where delivery_status = 'failed' and not is_test_channel and {{ is_this_month('message_date') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
)

select
    failed.sent_at,
    failed.failed_at,
    failed.channel as channel_id,
    channels.platform_type,
    failed.direction,
    failed.actor_type,
    failed.actor_id,
    failed.status_code,
    failed.is_orphan,
    failed.conversation_id,
    failed.session_id,
    failed.message_id
from failed
left join channels on failed.channel = channels.channel_id
order by failed.failed_at desc, failed.conversation_id asc, failed.message_id asc
