-- Each session and topic of the log is one row with as many settings, and the topic of a session is the one marked.
with

settings as (
    select
        session_id,
        topic_id,
        count(*) as set_count,
        min(occurred_at) as first_set_at,
        max(occurred_at) as last_set_at
    from {{ ref('fct_conversation_events') }}
    where event_type = 'topic_added'
    group by session_id, topic_id
),

sessions as (
    select
        session_id,
        topic_id
    from {{ ref('fct_messaging_sessions') }}
    where topic_id is not null
),

topics as (
    select * from {{ ref('fct_session_topics') }}
),

marked as (
    select * from topics
    where is_session_topic
)

select
    session_id,
    topic_id,
    'its settings are not those of the log' as problem
from topics
full join settings using (session_id, topic_id)
where
    topics.set_count is distinct from settings.set_count
    or topics.first_set_at is distinct from settings.first_set_at
    or topics.last_set_at is distinct from settings.last_set_at
union all
select
    session_id,
    topic_id,
    'the mark is not on the topic of the session' as problem
from sessions
full join marked using (session_id, topic_id)
where not coalesce(marked.is_still_set, false) or sessions.session_id is null or marked.session_id is null
