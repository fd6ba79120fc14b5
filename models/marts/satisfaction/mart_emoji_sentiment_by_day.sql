-- Grain: one row per day and channel on which a customer wrote or a session started.
{%- set parts = [
    {
        'name': 'messages', 'fact': ref('fct_messages'), 'where': "actor_type = 'end_user' and not is_test_channel",
        'by': {'sentiment_date': 'sent_date', 'channel_id': channel_or_none()},
        'counts': [
            'end_user_message_count', 'scored_message_count', 'positive_message_count', 'neutral_message_count',
            'negative_message_count'
        ], 'metrics': [
            'scored_message_rate', 'message_sentiment_sum', 'message_sentiment_average', 'positive_message_rate',
            'neutral_message_rate', 'negative_message_rate'
        ]
    },
    {
        'name': 'sessions', 'fact': ref('fct_messaging_sessions'), 'where': 'not is_test_channel',
        'by': {'sentiment_date': 'started_date', 'channel_id': channel_or_none()},
        'counts': [
            'session_count', 'recorded_session_count', 'scored_session_count', 'positive_session_count', 'neutral_session_count',
            'negative_session_count'
        ], 'metrics': [
            'scored_session_rate', 'session_sentiment_sum', 'session_sentiment_average', 'sentiment_shift_sum',
            'sentiment_shift_average', 'positive_session_rate', 'neutral_session_rate', 'negative_session_rate'
        ]
    },
    unrecorded_beside({'sentiment_date': 'activity_date', 'channel_id': channel_or_none()}),
] %}
with

{{ figures_side_by_side(parts) }},

final as (
    select
        joined.sentiment_date,
        joined.channel_id
        {{- joined_figures(parts) }}
    from joined
)

select * from final
{{ in_order_of('sentiment_date') }}
