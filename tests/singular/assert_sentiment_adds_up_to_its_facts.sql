-- Every scored message of a customer and every scored session is in the mart once, on its day, and has one label.
with

messages as (
    select
        sent_date as sentiment_date,
        {{ channel_or_none() }} as channel_id,
        count(*) as written,
        count(emoji_sentiment_score) as scored,
        count(*) filter (where emoji_sentiment_label = 'negative') as negative_messages,
        sum(cast(emoji_sentiment_score as decimal(18, 12))) as score
    from {{ ref('fct_messages') }}
    where actor_type = 'end_user' and not is_test_channel
    group by all
),

sessions as (
    select
        started_date as sentiment_date,
        {{ channel_or_none() }} as channel_id,
        count(*) as started,
        count(emoji_sentiment_score) as felt,
        count(*) filter (where emoji_sentiment_label = 'negative') as negative_sessions,
        sum(cast(emoji_sentiment_score as decimal(18, 12))) as feeling,
        sum(cast(emoji_sentiment_shift as decimal(18, 12))) as shift
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
    group by all
)

select *
from messages
full join sessions using (sentiment_date, channel_id)
full join {{ ref('mart_emoji_sentiment_by_day') }} using (sentiment_date, channel_id)
where
    end_user_message_count is distinct from {{ count_on_record('written', 'unrecorded_session_count') }}
    or scored_message_count is distinct from {{ count_on_record('scored', 'unrecorded_session_count', 'texts') }}
    or message_sentiment_sum is distinct from score
    or coalesce(positive_message_count, 0) + coalesce(neutral_message_count, 0) + coalesce(negative_message_count, 0)
    is distinct from coalesce(scored_message_count, 0)
    or negative_message_count
    is distinct from {{ count_on_record('negative_messages', 'unrecorded_session_count', 'texts') }}
    or session_count is distinct from coalesce(started, 0)
    or scored_session_count is distinct from {{ count_on_record('felt', 'unrecorded_session_count', 'texts') }}
    or negative_session_count
    is distinct from {{ count_on_record('negative_sessions', 'unrecorded_session_count', 'texts') }}
    or session_sentiment_sum is distinct from feeling
    or sentiment_shift_sum is distinct from shift
    or coalesce(positive_session_count, 0) + coalesce(neutral_session_count, 0) + coalesce(negative_session_count, 0)
    is distinct from coalesce(scored_session_count, 0)
