-- Sessions and messages of the daily marts are those of the facts without test channels: none lost, none twice.
with

sessions as (
    select
        count(*) as session_count,
        count(*) filter (where is_ended) as ended_session_count,
        sum(duration_seconds) as duration_seconds
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

messages as (
    select count(*) as message_count from {{ ref('fct_messages') }}
    where not is_test_channel and not is_orphan
),

traffic as (
    select
        sum(session_count) as session_count,
        sum(ended_session_count) as ended_session_count,
        sum(session_duration_sum_seconds) as duration_seconds,
        sum(message_count) as message_count,
        sum(end_user_message_count + agent_message_count + bot_message_count) as message_count_by_humans_and_bots
    from {{ ref('mart_channel_traffic_by_day') }}
),

outcomes as (
    select
        sum(session_count) as session_count,
        sum(ended_session_count) as ended_session_count
    from {{ ref('mart_session_outcomes_by_day') }}
)

select *
from sessions
cross join messages
cross join traffic
cross join outcomes
where
    coalesce(traffic.session_count, 0) is distinct from sessions.session_count
    or coalesce(traffic.ended_session_count, 0) is distinct from sessions.ended_session_count
    or traffic.duration_seconds is distinct from sessions.duration_seconds
    or coalesce(traffic.message_count, 0) is distinct from messages.message_count
    or coalesce(traffic.message_count_by_humans_and_bots, 0) > messages.message_count
    or coalesce(outcomes.session_count, 0) is distinct from sessions.session_count
    or coalesce(outcomes.ended_session_count, 0) is distinct from sessions.ended_session_count
