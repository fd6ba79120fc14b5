-- A session's sentiment is the mean of its customer's scored messages, and its shift what lies between last and first.
with

scored as (
    select
        messages.session_id,
        count(*) as scored_message_count,
        sum(cast(messages.emoji_sentiment_score as decimal(18, 12))) as score_sum,
        max_by(messages.emoji_sentiment_score, events.position_in_conversation)
        - min_by(messages.emoji_sentiment_score, events.position_in_conversation) as shift
    from {{ ref('fct_messages') }} as messages
    inner join {{ ref('fct_conversation_events') }} as events using (event_id)
    where messages.actor_type = 'end_user' and messages.emoji_sentiment_score is not null
    group by messages.session_id
)

select sessions.session_id
from {{ ref('fct_messaging_sessions') }} as sessions
full join scored using (session_id)
where
    sessions.scored_message_count is distinct from
    {{ if_recorded(
        'texts', 'case when sessions.are_messages_recorded then coalesce(scored.scored_message_count, 0) end', 'bigint'
    ) }}
    -- Both are doubles, computed in another order of operations.
    or abs(sessions.emoji_sentiment_score - cast(scored.score_sum as double) / scored.scored_message_count) > 1e-9
    or abs(sessions.emoji_sentiment_shift - scored.shift) > 1e-9
    or (sessions.emoji_sentiment_score is null)
    is distinct from (scored.session_id is null or not sessions.are_messages_recorded)
    or (sessions.emoji_sentiment_shift is null) is distinct from (sessions.emoji_sentiment_score is null)
    or (sessions.emoji_sentiment_label = 'positive') is distinct from (sessions.emoji_sentiment_score > 0.1 + 1e-9)
    or (sessions.emoji_sentiment_label = 'negative') is distinct from (sessions.emoji_sentiment_score < -0.1 - 1e-9)
