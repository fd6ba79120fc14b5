-- Grain: one row of emoji_sentiment, as it comes in.
{{ raw_table('emoji_sentiment', config_seed='emoji_sentiment') }}
