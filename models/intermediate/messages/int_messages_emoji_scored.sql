-- Grain: one row per message with at least one emoji that the lexicon knows.
with

messages as (
    select
        event_id,
        message_text
    from {{ ref('int_messages_with_receipts') }}
    where {{ has_non_ascii('message_text') }}
),

lexicon as (
    select * from {{ ref('stg_messaging__emoji_sentiment') }}
),

-- Variation selectors, skin tones and joiners are code points that no lexicon row has, so they fall away by themselves.
code_points_split as (
    select
        event_id,
        unnest({{ code_points('message_text') }}) as emoji
    from messages
),

final as (
    select
        code_points_split.event_id,
        count(*) as known_emoji_count,
        cast(sum(lexicon.sentiment_score) as double) / count(*) as emoji_sentiment_score
    from code_points_split
    inner join lexicon using (emoji)
    group by code_points_split.event_id
)

select * from final
