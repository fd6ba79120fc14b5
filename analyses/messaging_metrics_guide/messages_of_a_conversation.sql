-- What has been written so far in a conversation that is still going on?
-- Source: messaging metrics guide, "Real-time dashboard", the messages behind a conversation.
-- Mart: rt_session_messages.
-- Answer: the messages of its session that has not ended, in total order, with their texts: this is personal data.
-- Period: the moment as_of. All such conversations, session by session; with `--vars '{conversation_id: …}'` that one
-- alone.
-- Null: the sender's id and name where none is known, the text of a message without any.
{%- set conversation_id = var('conversation_id', none) %}
select
    conversation_id,
    session_id,
    message_number,
    sent_at,
    actor_type,
    actor_id,
    agent_name,
    delivery_status,
    message_text
from {{ ref('rt_session_messages') }}
{%- if conversation_id is not none %}
where conversation_id = {{ dbt.string_literal(dbt.escape_single_quotes(conversation_id)) }}
{%- endif %}
order by session_id asc, message_number asc
