-- Message counts of a session are those of its messages; no message is counted twice or nowhere. Where messages are not
-- recorded there is no count.
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
    {%- for count in ['agent_message_count', 'bot_message_count', 'end_user_message_count'] %}
    or sessions.{{ count }}
    is distinct from case when sessions.are_messages_recorded then coalesce(counted.{{ count }}, 0) end
    {%- endfor %}
