-- What mood do the emoji of customers tell of, and does it brighten while they are helped?
-- Source: messaging metrics guide, "Customer Satisfaction", Emoji sentiment.
-- Mart: mart_emoji_sentiment_by_day.
-- Answer: by channel, the mean score of customers' messages with an emoji that the lexicon knows (−1 to 1), the shares
-- that are positive and negative, and the mean shift from the first to the last scored message of a session.
-- Period: the month of as_of; messages by the day they were sent, sessions by the day they started.
-- Null: means and shares of channels where no known emoji was sent: no emoji is no mood, not a neutral one.
with

messages as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics([
            'end_user_message_count', 'scored_message_count', 'message_sentiment_average', 'positive_message_rate',
            'negative_message_rate'
        ]) }}
    from {{ ref('fct_messages') }}
    where not is_test_channel and {{ is_this_month('sent_date') }}
    group by all
),

sessions as (
    select
        {{ channel_or_none() }} as channel_id,
        {{- metrics(['scored_session_count', 'session_sentiment_average', 'sentiment_shift_average']) }}
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ is_this_month('started_date') }}
    group by all
)

select {{ all_with_zeros(['end_user_message_count', 'scored_message_count', 'scored_session_count']) }}
from messages
full join sessions using (channel_id)
order by scored_message_count desc, channel_id asc
