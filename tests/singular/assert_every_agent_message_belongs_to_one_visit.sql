-- Every message of an agent lies within one visit of that agent to its conversation, by its place among the events that
-- bear on the agent's focus and not by time; and visits count these messages and no others. Where focus is not recorded
-- there are no visits.
with

bearing_on_focus as (
    select
        events.actor_id as agent_id,
        events.conversation_id,
        events.event_id,
        events.occurred_at,
        {{ rank_in_total_order('events', 'vocabulary') }} as sort_rank,
        vocabulary.focus_effect != 'ends' as is_focus,
        vocabulary.is_message
    from {{ ref('fct_conversation_events') }} as events
    inner join {{ ref('stg_messaging__event_types') }} as vocabulary using (event_type)
    where events.actor_type = 'agent' and vocabulary.focus_effect is not null and {{ is_recorded('focus') }}
    union all
    select
        presence.agent_id,
        cast(null as varchar) as conversation_id,
        presence.event_id,
        presence.occurred_at,
        90 as sort_rank,
        false as is_focus,
        false as is_message
    from {{ ref('fct_presence_events') }} as presence
    inner join {{ ref('stg_messaging__presence_statuses') }} as statuses using (status)
    where statuses.ends_focus
),

placed as (
    select
        *,
        row_number() over (partition by agent_id order by occurred_at, sort_rank, event_id) as place
    from bearing_on_focus
),

visits as (
    select
        visits.visit_id,
        visits.agent_id,
        visits.conversation_id,
        visits.message_count,
        firsts.place as first_place,
        lasts.place as last_place
    from {{ ref('fct_visits') }} as visits
    inner join placed as firsts on visits.visit_id = firsts.event_id and firsts.is_focus
    inner join placed as lasts on visits.last_event_id = lasts.event_id and lasts.is_focus
),

starts_carried as (
    select
        placed.event_id,
        placed.agent_id,
        placed.conversation_id,
        placed.place,
        placed.is_message,
        max(visits.first_place) over (
            partition by placed.agent_id order by placed.place rows between unbounded preceding and current row
        ) as visit_place
    from placed
    left join visits on placed.agent_id = visits.agent_id and placed.place = visits.first_place
),

written as (
    select
        starts_carried.event_id,
        visits.visit_id,
        coalesce(
            visits.conversation_id = starts_carried.conversation_id and starts_carried.place <= visits.last_place, false
        ) as is_within
    from starts_carried
    left join visits
        on starts_carried.agent_id = visits.agent_id and starts_carried.visit_place = visits.first_place
    where starts_carried.is_message
),

messages as (
    select event_id
    from {{ ref('fct_conversation_events') }}
    where actor_type = 'agent' and event_type = 'message_sent' and {{ is_recorded('focus') }}
),

counted as (
    select
        visit_id,
        count(*) as message_count
    from written
    group by visit_id
)

select
    event_id,
    written.visit_id
from messages
full join written using (event_id)
where messages.event_id is null or written.event_id is null or not written.is_within
union all
select
    cast(null as varchar) as event_id,
    visit_id
from {{ ref('fct_visits') }}
full join counted using (visit_id)
where fct_visits.message_count is distinct from coalesce(counted.message_count, 0)
