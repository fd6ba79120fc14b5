-- Grain: one row per emoji (a single code point).
with

source as (
    select * from {{ ref('base_messaging__emoji_sentiment') }}
),

final as (
    select
        emoji,
        {{ configured_number('sentiment_score', 'emoji_sentiment', 'decimal(4, 3)') }} as sentiment_score
    from source
)

select * from final
