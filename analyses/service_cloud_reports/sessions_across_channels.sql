-- Which sessions ran on which channel, from when to when, and how do they stand?
-- Source: Report on Messaging Activity in Service Cloud, "Compare Traffic Across Channels", its list of fields.
-- Mart: none.
-- Answer: one row per session with the fields of the list: channel, status, start, end, type and name of the channel.
-- Period: sessions that started in the month of as_of.
-- Null: the end of a session that has not ended; type and name of channels that no reference table knows.
select
    sessions.session_id,
    sessions.channel_id,
    channels.channel_type,
    channels.channel_name,
    sessions.status,
    sessions.started_at,
    sessions.ended_at
from {{ ref('fct_messaging_sessions') }} as sessions
left join {{ ref('dim_channels') }} as channels using (channel_id)
where not sessions.is_test_channel and {{ is_this_month('started_date') }}
order by sessions.started_at desc, sessions.session_id asc
