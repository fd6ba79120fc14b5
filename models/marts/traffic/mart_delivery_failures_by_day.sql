-- Grain: one row per day, channel, actor type and status code; every message counts once, orphans included.
with

messages as (
    select
        *,
        {{ channel_or_none() }} as channel,
        coalesce(direction, '(unknown)') as known_direction,
        coalesce(actor_type, '(unknown)') as known_actor_type,
        {{ id_or_none('status_code') }} as failure_code
    from {{ ref('fct_messages') }}
    where not is_test_channel and {{ in_touched_days('message_date') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

counted as (
    select
        message_date,
        channel as channel_id,
        known_direction as direction,
        known_actor_type as actor_type,
        failure_code as status_code,
        {{- metrics([
            'recorded_message_count', 'orphan_message_count', 'reported_message_count', 'unreported_message_count',
            'reached_message_count', 'failed_message_count'
        ]) }}
    from messages
    group by message_date, channel, known_direction, known_actor_type, failure_code
),

final as (
    select
        counted.message_date,
        counted.channel_id,
        channels.channel_name,
        channels.channel_type,
        channels.platform_type,
        counted.direction,
        counted.actor_type,
        counted.status_code,
        counted.recorded_message_count,
        counted.orphan_message_count,
        counted.reported_message_count,
        counted.unreported_message_count,
        counted.reached_message_count,
        counted.failed_message_count
    from counted
    left join channels using (channel_id)
)

select * from final
{{ in_order_of('message_date') }}
