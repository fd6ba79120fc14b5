-- Grain: one row per session in which a customer's message has a known emoji.
with

messages as (
    select * from {{ ref('int_messages_with_receipts') }}
    where actor_type = 'end_user'
),

scored as (      -- as a decimal: a sum that does not depend on the order of its rows
    select
        messages.session_id,
        messages.position_in_conversation,
        cast(emoji.emoji_sentiment_score as decimal(18, 12)) as score
    from messages
    inner join {{ ref('int_messages_emoji_scored') }} as emoji using (event_id)
),

final as (
    select
        session_id,
        count(*) as scored_message_count,
        cast(sum(score) as double) / count(*) as emoji_sentiment_score,
        cast(max_by(score, position_in_conversation) - min_by(score, position_in_conversation) as double)
            as emoji_sentiment_shift
    from scored
    group by session_id
)

select * from final
