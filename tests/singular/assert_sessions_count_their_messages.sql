-- Message counts of a session are those of its messages; no message is counted twice or nowhere.
with

counted as (
    select
        session_id,
        count(*) filter (where actor_type = 'agent') as agent_message_count,
        count(*) filter (where actor_type = 'bot') as bot_message_count,
        count(*) filter (where actor_type = 'end_user') as end_user_message_count
    from {{ ref('fct_messages') }}
    where not is_orphan
    group by session_id
)

select sessions.session_id
from {{ ref('fct_messaging_sessions') }} as sessions
full join counted using (session_id)
where
    sessions.session_id is null
    or sessions.agent_message_count is distinct from coalesce(counted.agent_message_count, 0)
    or sessions.bot_message_count is distinct from coalesce(counted.bot_message_count, 0)
    or sessions.end_user_message_count is distinct from coalesce(counted.end_user_message_count, 0)
