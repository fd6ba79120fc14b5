-- Grain: one row per accepted event by an agent in a conversation: a sign that somebody is there.
{{ config(materialized='view') }}
select
    actor_id as agent_id,
    {{ epoch_milliseconds('occurred_at') }} as occurred_ms
from {{ ref('int_conversation_events_sessionized') }}
where actor_type = 'agent'
