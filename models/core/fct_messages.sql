-- Grain: one row per message sent, and one per message that only its receipts tell of (is_orphan).
with

messages as (
    select * from {{ ref('int_messages_with_receipts') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

emoji as (
    select * from {{ ref('int_messages_emoji_scored') }}
),

final as (
    select
        messages.event_id,
        messages.message_id,
        messages.conversation_id,
        messages.session_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        case when messages.actor_type != 'system' then contexts.contact_key end as active_contact_key,
        messages.actor_type,
        case
            when messages.actor_type = 'end_user' then 'inbound'
            when messages.actor_type is not null then 'outbound'
        end as direction,
        messages.actor_id,
        case when messages.actor_type = 'agent' then messages.actor_id end as agent_id,
        teams_then.team_id,
        {{ if_recorded('delivery', 'messages.delivery_status', 'varchar') }} as delivery_status,
        {{ if_recorded('delivery', 'messages.status_code', 'varchar') }} as status_code,
        {{ sentiment_label('emoji.emoji_sentiment_score') }} as emoji_sentiment_label,
        messages.message_text,
        messages.sent_at,
        {{ local_date('messages.sent_at') }} as sent_date,
        messages.first_receipt_at,
        {{ local_date('coalesce(messages.sent_at, messages.first_receipt_at)') }} as message_date,
        {{ if_recorded('receipt_times', 'messages.delivered_at', 'timestamp') }} as delivered_at,
        {{ if_recorded('receipt_times', 'messages.read_at', 'timestamp') }} as read_at,
        {{ if_recorded('receipt_times', 'messages.failed_at', 'timestamp') }} as failed_at,
        {{ seconds_if_recorded('receipt_times', seconds_between('messages.sent_at', 'messages.delivered_at')) }}
            as delivery_seconds,
        {{ seconds_if_recorded('receipt_times', seconds_between('messages.sent_at', 'messages.read_at')) }}
            as read_seconds,
        {{ if_recorded('texts', 'coalesce(emoji.known_emoji_count, 0)', 'bigint') }} as known_emoji_count,
        {{ if_recorded('texts', 'emoji.emoji_sentiment_score', 'double') }} as emoji_sentiment_score,
        {{ if_recorded('proactive', 'messages.is_proactive', 'boolean') }} as is_proactive,
        {{ if_recorded(
            'proactive', "coalesce(messages.is_proactive and messages.actor_type != 'end_user', false)", 'boolean'
        ) }} as is_proactive_outreach,
        {{ if_recorded('attachments', 'messages.has_attachments', 'boolean') }} as has_attachments,
        messages.is_orphan,
        {{ if_recorded('delivery', 'messages.is_reported', 'boolean') }} as is_reported,
        messages.is_effective,
        contexts.is_test_channel,
        {{ is_clock_anomaly('messages.sent_at', 'messages.delivered_at') }}
        or {{ is_clock_anomaly('messages.sent_at', 'messages.read_at') }} as has_clock_anomaly
    from messages
    inner join contexts using (session_id)
    left join emoji using (event_id)
    {{ join_team_of("case when messages.actor_type = 'agent' then messages.actor_id end", 'messages.sent_at') }}
)

select * from final
order by message_date
