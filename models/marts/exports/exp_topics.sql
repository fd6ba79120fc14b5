-- Grain: one row per session and topic that was set in it, whether or not it was taken off again.
with

session_topics as (
    select * from {{ ref('fct_session_topics') }}
    where not is_test_channel
),

channels as (
    select * from {{ ref('dim_channels') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

topics as (
    select * from {{ ref('dim_topics') }}
),

final as (
    select
        session_topics.session_id,
        session_topics.topic_id,
        topics.topic_name,
        session_topics.conversation_id,
        session_topics.channel_id,
        channels.channel_name,
        session_topics.messaging_user_id,
        session_topics.account_id,
        accounts.account_name,
        session_topics.first_set_by_type,
        session_topics.first_set_at,
        session_topics.first_set_date,
        session_topics.last_set_at,
        session_topics.set_count,
        session_topics.is_still_set,
        session_topics.is_session_topic,
        topics.is_active as is_active_topic
    from session_topics
    left join channels using (channel_id)
    left join accounts using (account_id)
    left join topics using (topic_id)
)

select * from final
