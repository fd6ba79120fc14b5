-- Grain: one row per emoji (a single code point).
with

source as (
    select * from {{ ref('base_messaging__emoji_sentiment') }}
),

final as (
    select
        emoji,
        {{ configured(
            'sentiment_score',
            'case when try_cast(sentiment_score as decimal(4, 3)) between -1 and 1 '
            ~ 'then cast(sentiment_score as decimal(4, 3)) end',
            'emoji_sentiment', 'write a number from -1 to 1'
        ) }} as sentiment_score
    from source
)

select * from final
