-- What has been written so far in a conversation that is still going on?
-- Source: messaging metrics guide, "Real-time dashboard", the messages behind a conversation.
-- Mart: rt_session_messages.
-- Answer: the messages of its session that has not ended, in total order, with their texts: this is personal data.
-- Period: the moment as_of. The conversation is the one that `--vars '{conversation_id: …}'` names; by default one of
-- the demo.
-- Null: the sender's id and name where none is known, the text of a message without any.
select
    message_number,
    session_id,
    sent_at,
    actor_type,
    actor_id,
    agent_name,
    delivery_status,
    message_text
from {{ ref('rt_session_messages') }}
where
    conversation_id
    = {{ dbt.string_literal(dbt.escape_single_quotes(var('conversation_id', 'answer-due-at-as-of'))) }}
order by session_id asc, message_number asc
