-- Grain: one row per session: what is made of what was said in it, and null where that is not recorded.
with

sessions as (      -- who does not hear of resolves knows of an end that it closes, and of nothing that it does not
    select
        *,
        closed_at is not null{{ ' or null' if not is_recorded('resolutions') }} as is_closed
    from {{ ref('int_sessions_concluded') }}
),

sentiments as (
    select * from {{ ref('int_session_sentiments') }}
),

reported as (
    select * from {{ ref('int_session_figures_reported') }}
),

judged as (
    select
        sessions.session_id,
        sessions.are_messages_recorded,
        sessions.agent_type,
        sessions.agent_message_count,
        sessions.bot_message_count,
        sessions.end_user_message_count,
        {{ if_recorded('texts', 'coalesce(sentiments.scored_message_count, 0)', 'bigint') }} as scored_message_count,
        {{ if_recorded('texts', 'sentiments.emoji_sentiment_score', 'double') }} as emoji_sentiment_score,
        {{ if_recorded('texts', 'sentiments.emoji_sentiment_shift', 'double') }} as emoji_sentiment_shift,
        sessions.is_closed,
        {{ if_recorded('origins', "sessions.is_closed and coalesce(sessions.origin = 'inbound', false)
        and sessions.agent_message_count + sessions.bot_message_count > 0", 'boolean') }} as is_closed_conversation,
        sessions.is_closed and sessions.bot_message_count > 0 and sessions.agent_message_count = 0 as is_bot_resolved,
        sessions.is_handed_off,
        {{ if_recorded('origins', "coalesce(sessions.origin = 'inbound', false) and sessions.ended_at is not null
        and sessions.has_unanswered_customer", 'boolean') }} as is_abandoned
    from sessions
    left join sentiments using (session_id)
),

final as (
    select
        judged.session_id,
        judged.are_messages_recorded,
        judged.is_closed,
        not judged.are_messages_recorded and reported.agent_type is not null as is_agent_type_reported,
        case when judged.are_messages_recorded then judged.agent_type else reported.agent_type end as agent_type,
        {{- where_messages_are_recorded('judged', [
            'agent_message_count', 'bot_message_count', 'end_user_message_count', 'scored_message_count',
            'emoji_sentiment_score', 'emoji_sentiment_shift', 'is_closed_conversation', 'is_bot_resolved',
            'is_handed_off', 'is_abandoned'
        ]) }}
    from judged
    left join reported using (session_id)
)

select * from final
