-- Each work id of the events is one row, none lost. Accepted work is open, or ended by an event of its own, or by its
-- session's end: one of the three. Of the work of a session one is the first.
with

named as (
    select
        events.conversation_id,
        events.work_id,
        count(*) filter (where events.event_type = 'work_accepted') > 0 as is_accepted,
        count(*) filter (where vocabulary.work_outcome is not null) > 0 as is_terminated
    from {{ ref('fct_conversation_events') }} as events
    inner join {{ ref('stg_messaging__event_types') }} as vocabulary using (event_type)
    where vocabulary.is_work_event and {{ is_recorded('work') }}
    group by events.conversation_id, events.work_id
),

works as (
    select
        *,
        cast(is_open as integer)
        + cast(terminal_event_id is not null as integer)
        + cast(is_closed_by_session_end as integer) as standing_count
    from {{ ref('fct_agent_work') }}
),

first_works as (
    select session_id
    from works
    group by session_id
    having count(*) filter (where is_first_work) != 1
)

select
    works.conversation_id,
    works.work_id
from named
full join works on named.conversation_id = works.conversation_id and named.work_id = works.work_id
where
    named.work_id is null
    or works.work_id is null
    or works.is_accepted is distinct from named.is_accepted
    or (works.terminal_event_id is not null) is distinct from named.is_terminated
    or (works.is_accepted and works.standing_count != 1)
    or (not works.is_accepted and (works.is_open or works.is_closed_by_session_end))
    or works.is_open is distinct from (works.status = 'opened')
    or works.is_closed is distinct from (works.closed_at is not null)
union all
select
    session_id,
    cast(null as varchar) as work_id
from first_works
