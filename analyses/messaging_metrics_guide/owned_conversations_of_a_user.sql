-- Which conversations does a user own right now, and which of them wait for an answer?
-- Source: messaging metrics guide, "Real-time dashboard", the list behind a user.
-- Mart: rt_owned_sessions.
-- Answer: sessions on which the agent has accepted work that is still open, the longest waiting first. Click on:
-- messages_of_a_conversation.
-- Period: the moment as_of. All users, one after another; with `--vars '{agent_id: …}'` that one alone.
-- Null: waiting times of sessions that do not wait, topics of those without any.
{%- set agent_id = var('agent_id', none) %}
select
    agent_id,
    agent_name,
    conversation_id,
    session_id,
    channel_name,
    topic_name,
    status,
    owned_since_at,
    is_waiting,
    waiting_since_at,
    waiting_seconds
from {{ ref('rt_owned_sessions') }}
{%- if agent_id is not none %}
where agent_id = {{ dbt.string_literal(dbt.escape_single_quotes(agent_id)) }}
{%- endif %}
order by agent_id asc, waiting_seconds desc nulls last, owned_since_at asc, session_id asc
