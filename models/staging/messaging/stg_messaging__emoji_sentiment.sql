-- Grain: one row per emoji (a single code point).
{{ waits_for('stg_messaging__definitions') }}
with

source as (
    select * from {{ ref('base_messaging__emoji_sentiment') }}
),

-- Texts are read by code points: a selector, a skin tone or a joiner says nothing, with or without a row.
final as (
    select
        {{ configured(
            'emoji',
            'case when ' ~ is_single_code_point('emoji')
            ~ ' and ' ~ code_point('emoji') ~ ' not between 65024 and 65039'
            ~ ' and ' ~ code_point('emoji') ~ ' not between 127995 and 127999'
            ~ ' and ' ~ code_point('emoji') ~ ' != 8205 then emoji end',
            'emoji_sentiment', 'write one code point, without variation selector, skin tone or joiner', required=true
        ) }} as emoji,
        {{ configured(
            'sentiment_score',
            'case when try_cast(sentiment_score as decimal(18, 9)) between -1 and 1 '
            ~ 'then cast(sentiment_score as decimal(10, 9)) end',
            'emoji_sentiment', 'write a number from -1 to 1', required=true
        ) }} as sentiment_score
    from source
)

select * from final
