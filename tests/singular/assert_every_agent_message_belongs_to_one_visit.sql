-- Every message of an agent is in one visit, of that agent, on that conversation, at that time; and visits count these
-- messages and no others.
with

messages as (
    select
        event_id,
        actor_id as agent_id,
        conversation_id,
        occurred_at
    from {{ ref('fct_conversation_events') }}
    where actor_type = 'agent' and event_type = 'message_sent'
),

assigned as (
    select
        event_id,
        visit_id
    from {{ ref('int_focus_events_assigned') }}
    where is_message
),

visits as (
    select * from {{ ref('fct_visits') }}
),

counted as (
    select
        visit_id,
        count(*) as message_count
    from assigned
    group by visit_id
)

select
    event_id,
    assigned.visit_id
from messages
full join assigned using (event_id)
left join visits using (visit_id)
where
    messages.event_id is null
    or visits.visit_id is null
    or messages.agent_id is distinct from visits.agent_id
    or messages.conversation_id is distinct from visits.conversation_id
    or messages.occurred_at < visits.started_at
    or messages.occurred_at > visits.ended_at
union all
select
    cast(null as varchar) as event_id,
    visit_id
from visits
full join counted using (visit_id)
where visits.message_count is distinct from coalesce(counted.message_count, 0)
