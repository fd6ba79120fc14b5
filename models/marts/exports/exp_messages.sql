-- Grain: one row per message sent, and one per message that only its receipts tell of (is_orphan).
with

messages as (
    select * from {{ ref('fct_messages') }}
    where not is_test_channel
),

channels as (
    select * from {{ ref('dim_channels') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

agents as (
    select * from {{ ref('dim_agents') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        messages.event_id,
        messages.message_id,
        messages.conversation_id,
        messages.session_id,
        messages.channel_id,
        channels.channel_name,
        messages.messaging_user_id,
        messages.account_id,
        accounts.account_name,
        messages.actor_type,
        messages.actor_id,
        messages.agent_id,
        agents.agent_name,
        messages.team_id,
        teams.team_name,
        messages.message_text,
        messages.delivery_status,
        messages.status_code,
        messages.sent_at,
        messages.sent_date,
        messages.delivered_at,
        messages.read_at,
        messages.failed_at,
        messages.delivery_seconds,
        messages.read_seconds,
        messages.emoji_sentiment_score,
        messages.emoji_sentiment_label,
        messages.is_proactive,
        messages.has_attachments,
        messages.is_orphan,
        messages.has_clock_anomaly
    from messages
    left join channels using (channel_id)
    left join accounts using (account_id)
    left join agents using (agent_id)
    left join teams using (team_id)
)

select * from final
