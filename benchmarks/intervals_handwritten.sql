-- Visits, presence and the agents' timeline in plain DuckDB SQL, with window functions and written for speed.
-- Needs the inputs of `intervals_generate.sql` and the variables idle_ms and stale_ms. Each part is one statement.

set variable as_of_ms = (select as_of_ms from build);

-- visits --------------------------------------------------------------------------------------------------------------

-- The first window sorts by what the order is made of, the others by the place in it.
create table visits as
with latest as (
    select
        *,
        row_number() over in_order as place,
        last_value(case when is_focus then conversation_id end ignore nulls)
            over (in_order rows between unbounded preceding and current row) as latest_conversation_id
    from focus
    window in_order as (partition by agent_id order by occurred_ms, sort_rank, event_id)
),
neighbours as (
    select
        * exclude (latest_conversation_id, sort_rank),
        lag(if(is_focus, conversation_id, null)) over in_order as previous_focus,
        lag(occurred_ms) over in_order as previous_ms,
        lead(if(is_focus, conversation_id, null)) over in_order as next_focus,
        lead(occurred_ms) over in_order as next_ms,
        lead(event_id) over in_order as next_event_id
    from latest
    where is_focus or conversation_id is null or conversation_id = latest_conversation_id
    window in_order as (partition by agent_id order by place)
),
delimited as (
    select
        * exclude (previous_focus, previous_ms, next_focus),
        not coalesce(
            previous_focus = conversation_id and occurred_ms - previous_ms <= getvariable('idle_ms'), false
        ) as starts_visit,
        not coalesce(
            next_focus = conversation_id and next_ms - occurred_ms <= getvariable('idle_ms'), false
        ) as ends_visit
    from neighbours
    where is_focus
),
numbered as (
    select
        *,
        last_value(if(starts_visit, place, null) ignore nulls) over (partition by agent_id order by place)
            as visit_place
    from delimited
),
paired as (
    select
        agent_id,
        any_value(event_id) filter (starts_visit) as visit_id,
        any_value(conversation_id) as conversation_id,
        any_value(session_id) filter (starts_visit) as session_id,
        any_value(event_id) filter (ends_visit) as last_event_id,
        any_value(next_event_id) filter (ends_visit) as next_event_id,
        any_value(next_ms) filter (ends_visit) as next_ms,
        min(occurred_ms) as started_ms,
        max(occurred_ms) + getvariable('idle_ms') as limit_ms,
        count(*) as event_count,
        count(*) filter (is_message) as message_count
    from numbered
    group by agent_id, visit_place
),
judged as (
    select *, coalesce(next_ms, getvariable('as_of_ms')) > limit_ms as is_idle_capped from paired
)
select
    visit_id,
    agent_id,
    conversation_id,
    session_id,
    last_event_id,
    if(is_idle_capped, null, next_event_id) as ended_event_id,
    started_ms,
    if(is_idle_capped, limit_ms, next_ms) as ended_ms,
    event_count,
    message_count,
    message_count > 0 as is_handled,
    is_idle_capped
from judged;

-- presence_intervals --------------------------------------------------------------------------------------------------

-- Within a stretch of `stale_ms` there is no silence longer than that, so its first and last event stand for all.
create table presence_intervals as
with signs as (
    select agent_id, occurred_ms, event_id, is_online, status from presence
    union all
    select agent_id, unnest([min(occurred_ms), max(occurred_ms)]), null, null, null
    from activity
    group by agent_id, occurred_ms // getvariable('stale_ms')
),
silences as (
    select
        *,
        coalesce(lead(occurred_ms) over in_order, getvariable('as_of_ms')) - occurred_ms > getvariable('stale_ms')
            as is_silent,
        count(event_id) over (in_order rows between unbounded preceding and current row) as presence_number
    from signs
    window in_order as (partition by agent_id order by occurred_ms, event_id)
),
intervals as (
    select
        agent_id,
        any_value(event_id) as presence_event_id,
        any_value(status) as status,
        any_value(occurred_ms) filter (event_id is not null) as started_ms,
        if(any_value(is_online), min(occurred_ms) filter (is_silent) + getvariable('stale_ms'), null) as stale_from_ms,
        presence_number
    from silences
    where event_id is not null or (is_silent and presence_number > 0)
    group by agent_id, presence_number
),
followed as (
    select *, lead(started_ms) over (partition by agent_id order by presence_number) as next_ms from intervals
)
select
    presence_event_id, agent_id, status, started_ms, coalesce(stale_from_ms, next_ms) as ended_ms, false as is_unknown
from followed
union all
select presence_event_id, agent_id, 'unknown', stale_from_ms, next_ms, true
from followed
where stale_from_ms is not null;

-- timeline ------------------------------------------------------------------------------------------------------------

-- Open work is summed before anything else is there, as sums over a window cost most. Then one window over everything:
-- at one instant what ends sorts before what begins, so that the last row of the instant knows it all.
create table timeline as
with presences as (
    select
        agent_id,
        presence_event_id,
        started_ms,
        coalesce(ended_ms, greatest(started_ms, getvariable('as_of_ms'))) as ended_ms
    from presence_intervals
),
viewed as (
    select agent_id, visit_id, started_ms, coalesce(ended_ms, greatest(started_ms, getvariable('as_of_ms'))) as ended_ms
    from visits
),
work_changes as (
    select
        agent_id,
        unnest([started_ms, coalesce(ended_ms, getvariable('as_of_ms'))]) as at_ms,
        unnest([1, -1]) as work,
        unnest([weight_thousandths, -weight_thousandths]) as weight,
        is_test_channel
    from works
    where coalesce(ended_ms, getvariable('as_of_ms')) > started_ms
),
work_instants as (
    select
        agent_id,
        at_ms,
        sum(work) as work,
        sum(weight) as weight,
        coalesce(sum(work) filter (is_test_channel), 0) as test_work,
        coalesce(sum(weight) filter (is_test_channel), 0) as test_weight
    from work_changes
    group by agent_id, at_ms
),
loads as (
    select
        agent_id,
        at_ms,
        cast(sum(work) over so_far as bigint) as work,
        cast(sum(weight) over so_far as bigint) as weight,
        cast(sum(test_work) over so_far as bigint) as test_work,
        cast(sum(test_weight) over so_far as bigint) as test_weight
    from work_instants
    window so_far as (partition by agent_id order by at_ms rows between unbounded preceding and current row)
),
spans as (
    select agent_id, min(first_ms) as first_ms, max(last_ms) as last_ms
    from (
        select agent_id, min(started_ms) as first_ms, max(ended_ms) as last_ms from presences group by agent_id
        union all
        select agent_id, min(started_ms), max(ended_ms) from viewed group by agent_id
        union all
        select agent_id, min(at_ms), max(at_ms) from loads group by agent_id
    )
    group by agent_id
),
members as (
    select agent_id, team_id, greatest(started_ms, first_ms) as started_ms, least(ended_ms, last_ms) as ended_ms
    from teams
    inner join spans using (agent_id)
    where least(ended_ms, last_ms) > greatest(started_ms, first_ms)
),
boundaries as (      -- an interval without length is a boundary at which nothing changes: its marks stay null
    select
        agent_id,
        started_ms as at_ms,
        true as is_start,
        if(ended_ms > started_ms, presence_event_id, null) as presence_mark,
        null as visit_mark,
        null as team_mark,
        null as work,
        null as weight,
        null as test_work,
        null as test_weight
    from presences
    union all
    select agent_id, ended_ms, false, if(ended_ms > started_ms, '', null), null, null, null, null, null, null
    from presences
    union all
    select agent_id, started_ms, true, null, if(ended_ms > started_ms, visit_id, null), null, null, null, null, null
    from viewed
    union all
    select agent_id, ended_ms, false, null, if(ended_ms > started_ms, '', null), null, null, null, null, null
    from viewed
    union all
    select agent_id, started_ms, true, null, null, team_id, null, null, null, null from members
    union all
    select agent_id, ended_ms, false, null, null, '', null, null, null, null from members
    union all
    select agent_id, at_ms, true, null, null, null, work, weight, test_work, test_weight from loads
),
swept as (
    select
        agent_id,
        at_ms as started_ms,
        lead(at_ms) over in_order as ended_ms,
        last_value(presence_mark ignore nulls) over so_far as presence_mark,
        last_value(visit_mark ignore nulls) over so_far as visit_mark,
        last_value(team_mark ignore nulls) over so_far as team_mark,
        last_value(work ignore nulls) over so_far as work,
        last_value(weight ignore nulls) over so_far as weight,
        last_value(test_work ignore nulls) over so_far as test_work,
        last_value(test_weight ignore nulls) over so_far as test_weight
    from boundaries
    window
        in_order as (partition by agent_id order by at_ms, is_start),
        so_far as (in_order rows between unbounded preceding and current row)
)
select
    agent_id,
    started_ms,
    ended_ms,
    nullif(presence_mark, '') as presence_event_id,
    nullif(visit_mark, '') as visit_id,
    nullif(team_mark, '') as team_id,
    coalesce(work, 0) as open_work_count,
    coalesce(weight, 0) as open_work_thousandths,
    coalesce(test_work, 0) as test_work_count,
    coalesce(test_weight, 0) as test_work_thousandths
from swept
where ended_ms > started_ms;
