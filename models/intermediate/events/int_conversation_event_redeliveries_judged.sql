-- Grain: one row per usable delivery of a conversation event that was delivered more than once.
{{ judged_redeliveries(
    ref('int_conversation_deliveries_touched'),
    ['event_type', 'occurred_at', "coalesce(conversation_id, '')", "coalesce(channel_id, '')",
     "coalesce(messaging_user_id, '')", 'actor_type', "coalesce(actor_id, '')", "coalesce(payload, '')"]
) }}
