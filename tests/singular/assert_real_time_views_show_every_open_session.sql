-- What waits stands in one queue, what is owned on one agent's list, and what was written in an open session is shown
-- in its order: none lost, none twice, and the views agree with one another.
with

build as (
    select as_of from {{ ref('dim_build') }}
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and not is_ended
),

waiting as (
    select
        {{ id_or_none('routed_team_id') }} as team_id,
        count(*) as session_count,
        max(case when waiting_since_at <= build.as_of then epoch_ms(build.as_of) - epoch_ms(waiting_since_at) end)
            as longest_ms
    from sessions
    cross join build
    where status = 'waiting'
    group by all
),

promises as (
    select
        sessions.session_id,
        {{ id_or_none('sessions.routed_team_id') }} as team_id,
        sessions.status != 'inactive' as is_queued,
        case when outcomes.sla_status = 'running' then outcomes.due_at end as due_at,
        outcomes.sla_status = 'running' and outcomes.due_at <= build.as_of + interval 15 minute as is_due,
        outcomes.sla_status = 'breached' and outcomes.stopped_at is null as is_overdue
    from {{ ref('fct_sla_outcomes') }} as outcomes
    inner join sessions using (session_id)
    cross join build
),

promises_of_teams as (
    select
        team_id,
        count(*) filter (where is_due) as due_count,
        count(*) filter (where is_overdue) as overdue_count
    from promises
    where is_queued
    group by team_id
),

promises_of_sessions as (
    select
        session_id,
        min(due_at) as next_due_at,
        count(*) filter (where is_overdue) as overdue_count
    from promises
    group by session_id
),

owned as (
    select
        {{ id_or_none('works.agent_id') }} as agent_id,
        works.session_id,
        sessions.status = 'waiting' as is_waiting,
        min(works.accepted_at) as owned_since_at,
        count(*) as work_count
    from {{ ref('fct_agent_work') }} as works
    inner join sessions using (session_id)
    where works.status = 'opened'
    group by all
),

messages as (
    select
        messages.event_id,
        messages.sent_at,
        events.position_in_session
    from {{ ref('fct_messages') }} as messages
    inner join sessions using (session_id)
    inner join {{ ref('fct_conversation_events') }} as events using (event_id)
    where messages.sent_at is not null
),

shown as (
    select
        shown.*,
        messages.sent_at as expected_sent_at,
        messages.position_in_session,
        lag(messages.position_in_session) over in_number as previous_position,
        row_number() over in_number as expected_number
    from {{ ref('rt_session_messages') }} as shown
    full join messages using (event_id)
    window in_number as (partition by shown.session_id order by shown.message_number)
)

select
    'queue' as what,
    team_id as id
from waiting
full join {{ ref('rt_queues') }} as queues using (team_id)
where
    queues.waiting_session_count
    is distinct from {{ count_in_queue('waiting.session_count', 'queues.unrecorded_session_count') }}
    or 1000 * queues.longest_wait_seconds is distinct from waiting.longest_ms
union all
select
    'promises of the queue' as what,
    team_id as id
from promises_of_teams as promises
full join {{ ref('rt_queues') }} as queues using (team_id)
where
    queues.sla_due_count
    is distinct from {{ count_in_queue('promises.due_count', 'queues.unrecorded_session_count', 'resolutions') }}
    or queues.sla_overdue_count
    is distinct from {{ count_in_queue('promises.overdue_count', 'queues.unrecorded_session_count', 'resolutions') }}
union all
select
    'promises of the session' as what,
    listed.session_id as id
from {{ ref('rt_owned_sessions') }} as listed
left join promises_of_sessions as promises using (session_id)
where
    listed.next_sla_due_at is distinct from promises.next_due_at
    or listed.sla_overdue_count
    is distinct from {{ count_on_record(
        'promises.overdue_count', 'cast(not listed.are_messages_recorded as integer)', 'resolutions'
    ) }}
union all
select
    'teams and their agents' as what,
    cast(count(*) as varchar) as id
from {{ ref('rt_queues') }}
having
    count(*) is distinct from 1 + (select count(*) from {{ ref('dim_teams') }})
    or sum(online_agent_count) != (select count(*) from {{ ref('rt_agents') }})
union all
select
    'owned' as what,
    session_id as id
from owned
full join {{ ref('rt_owned_sessions') }} as listed using (agent_id, session_id)
where
    listed.open_work_count is distinct from owned.work_count
    or listed.owned_since_at is distinct from owned.owned_since_at
    or listed.is_waiting is distinct from
    case when owned.is_waiting or listed.are_messages_recorded then owned.is_waiting end
union all
select
    'owner' as what,
    agents.agent_id as id
from {{ ref('rt_agents') }} as agents
left join {{ ref('rt_owned_sessions') }} as listed using (agent_id)
group by agents.agent_id, agents.owned_session_count, agents.waiting_session_count, agents.unrecorded_session_count
having
    {{ if_recorded('work', 'count(listed.session_id)', 'bigint') }} is distinct from agents.owned_session_count
    or {{ count_on_record(
        'count(listed.session_id) filter (where listed.is_waiting)', 'agents.unrecorded_session_count', 'work'
    ) }}
    is distinct from agents.waiting_session_count
    or {{ if_recorded('work', 'count(listed.session_id) filter (where not listed.are_messages_recorded)', 'bigint') }}
    is distinct from agents.unrecorded_session_count
union all
select
    'message' as what,
    event_id as id
from shown
where
    message_number is distinct from expected_number
    or sent_at is distinct from expected_sent_at
    or position_in_session <= previous_position
