-- Of several channels of one type, which make the most traffic, and which the least?
-- Source: Report on Messaging Activity in Service Cloud, "Compare Traffic Across Channels": Channel Name.
-- Mart: mart_channel_traffic_by_day.
-- Answer: sessions and messages by channel, beside the others of its type, with its share of that type's sessions.
-- Period: the month of as_of; sessions by the day they started, messages by the day they were sent.
-- Null: type and name of channels that no reference table knows, and a share of no sessions at all.
select
    channel_type,
    channel_id,
    channel_name,
    sum(session_count) as session_count,
    {{ rate('sum(session_count)', 'sum(sum(session_count)) over (partition by channel_type)') }} as share_of_type_rate,
    sum(message_count) as message_count
from {{ ref('mart_channel_traffic_by_day') }}
where {{ is_this_month('traffic_date') }}
group by channel_type, channel_id, channel_name
order by channel_type asc, session_count desc, channel_id asc
