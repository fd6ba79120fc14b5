-- Which messages, inbound and outbound, were not delivered, whose were they, and why?
-- Source: Report on Messaging Activity in Service Cloud, "Track Message Delivery Failures (Standard Channels)".
-- Mart: mart_delivery_failures_by_day.
-- Answer: failed messages by direction, sender and status code, and of those the ones that only their failure tells of
-- (orphans). The source cannot track enhanced channels; where their platform reports, they are here, told apart.
-- Period: the month of as_of, by the day of the message, or of its failure where the message itself was never seen.
-- Null: the platform type of channels that no reference table knows. `(none)`: a failure without a code.
select
    platform_type,
    channel_id,
    direction,
    actor_type,
    status_code,
    {{ sums(['failed_message_count', 'orphan_message_count']) }}
from {{ ref('mart_delivery_failures_by_day') }}
where failed_message_count > 0 and {{ is_this_month('message_date') }}
group by platform_type, channel_id, direction, actor_type, status_code
order by failed_message_count desc, channel_id asc, direction asc, actor_type asc, status_code asc
