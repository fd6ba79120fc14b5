-- Grain: one row per day and channel on which a session started or a message was sent.
with

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

messages as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messages') }}
    where not is_test_channel and not is_orphan and {{ in_touched_days('sent_date') }}
),

sessions_by_day as (
    select
        started_date as traffic_date,
        channel as channel_id,
        {{ metric('session_count') }} as session_count,
        {{ metric('inbound_session_count') }} as inbound_session_count,
        {{ metric('ended_session_count') }} as ended_session_count,
        {{ metric('closed_session_count') }} as closed_session_count,
        {{ metric('session_duration_sum_seconds') }} as session_duration_sum_seconds,
        {{ metric('session_duration_count') }} as session_duration_count,
        {{ metric('average_session_duration_seconds') }} as average_session_duration_seconds,
        {{ metric('p50_session_duration_seconds') }} as p50_session_duration_seconds,
        {{ metric('p90_session_duration_seconds') }} as p90_session_duration_seconds,
        {{ metric('p95_session_duration_seconds') }} as p95_session_duration_seconds
    from sessions
    group by started_date, channel
),

messages_by_day as (
    select
        sent_date as traffic_date,
        channel as channel_id,
        {{ metric('message_count') }} as message_count,
        {{ metric('end_user_message_count') }} as end_user_message_count,
        {{ metric('agent_message_count') }} as agent_message_count,
        {{ metric('bot_message_count') }} as bot_message_count
    from messages
    group by sent_date, channel
),

unrecorded as (
    {{ unrecorded_by_day('traffic_date') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

joined as (
    select *
    from sessions_by_day
    full join messages_by_day using (traffic_date, channel_id)
    left join unrecorded using (traffic_date, channel_id)
),

final as (
    select
        joined.traffic_date,
        joined.channel_id,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type,
        coalesce(joined.session_count, 0) as session_count,
        {{ count_or_zero('joined', 'inbound_session_count') }},
        coalesce(joined.ended_session_count, 0) as ended_session_count,
        {{ count_or_zero('joined', 'closed_session_count') }},
        joined.session_duration_sum_seconds,
        coalesce(joined.session_duration_count, 0) as session_duration_count,
        joined.average_session_duration_seconds,
        joined.p50_session_duration_seconds,
        joined.p90_session_duration_seconds,
        joined.p95_session_duration_seconds,
        {{- counts_or_zero('joined', [
            'message_count', 'end_user_message_count', 'agent_message_count', 'bot_message_count',
            'unrecorded_session_count'
        ]) }}
    from joined
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('traffic_date') }}
