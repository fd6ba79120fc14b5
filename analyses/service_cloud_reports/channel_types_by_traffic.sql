-- Which types of channel make the most traffic, and which the least?
-- Source: Report on Messaging Activity in Service Cloud, "Compare Traffic Across Channels": Type.
-- Mart: mart_channel_traffic_by_day.
-- Answer: sessions and messages by type of channel, with the type's share of the sessions.
-- Period: the month of as_of; sessions by the day they started, messages by the day they were sent.
-- Null: the type of channels that no reference table knows.
select
    channel_type,
    sum(session_count) as session_count,
    {{ rate('sum(session_count)', 'sum(sum(session_count)) over ()') }} as share_of_sessions_rate,
    sum(message_count) as message_count
from {{ ref('mart_channel_traffic_by_day') }}
where {{ is_this_month('traffic_date') }}
group by channel_type
order by session_count desc, channel_type asc
