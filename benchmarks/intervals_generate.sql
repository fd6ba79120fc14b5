-- What the interval functions read, for a year of agents at work: the tables focus, presence, activity, works, teams
-- and build, with the columns that the functions take.
-- Needs the variables seed and agent_count. Everything is drawn from a seeded hash of what it belongs to.

-- Dice ----------------------------------------------------------------------------------------------------------------

set variable first_ms = epoch_ms(timestamp '2026-01-05');
set variable day_count = 365;
-- The log stops in the middle of a day at work; the clocks of the last minute are ahead of `as_of`.
set variable last_ms = epoch_ms(timestamp '2026-12-30 13:00:00');
create macro draw(salt, key, part, sides) as cast(hash(getvariable('seed'), salt, key, part) % sides as bigint);
create macro happens(salt, key, part, per_thousand) as draw(salt, key, part, 1000) < per_thousand;
create macro between_ms(salt, key, part, low, high) as low + draw(salt, key, part, high - low);
create macro hex_id(salt, key, part) as lpad(to_hex(hash(getvariable('seed'), salt, key, part)), 16, '0');
create macro one_of(items, salt, key, part) as items[1 + draw(salt, key, part, len(items))];

-- One shift a weekday -------------------------------------------------------------------------------------------------

create temp table shifts as
select n, n * 1000 + d as shift, 'agent-' || n as agent_id,
       getvariable('first_ms') + d * 86400000 + 7 * 3600000 + draw('shift', n, d, 2 * 3600000) as started_ms
from range(getvariable('agent_count')) as agents(n), range(getvariable('day_count')) as days(d)
where d % 7 < 5;

-- Conversations, several at a time ------------------------------------------------------------------------------------

-- A stretch is what the agent does in one conversation before turning to another: a new one, or one of the last three.
create temp table kinds as select * from (values
    ('accepted', 22, null, 1000, 40000),
    ('opened', 51, true, 1000, 600000),
    ('message', 41, true, 5000, 500000),
    ('topic', 52, true, 500, 20000),
    ('after_work', 62, true, 300, 2000),
    ('left', 50, false, 300, 5000),
    ('stray', 50, false, 300, 5000),
    ('resolved', 60, false, 1000, 60000),
    ('closed', 28, false, 1000, 120000)
) as kinds(kind, sort_rank, is_focus, low_ms, high_ms);

create table agent_events as
with stretches as (
    select *, shift * 100 + s as k, greatest(s - draw('back', shift, s, 4), 0) as chosen
    from (select *, unnest(range(1, 20 + draw('stretches', shift, 0, 7))) as s from shifts)
),
planned as (
    select *, draw('plan', k, 0, 100) as roll,
           if(chosen = s, ['accepted'], [])
           || case when roll < 8 then ['opened']
                   when roll < 30 then ['opened', 'message']
                   when roll < 55 then ['opened', 'message', 'left']
                   when roll < 70 then ['message']
                   when roll < 85 then ['opened', 'topic', 'message', 'left']
                   when roll < 95 then ['opened', 'message', 'message', 'resolved', 'left', 'closed']
                   else ['opened', 'message', 'stray', 'message', 'left', 'after_work', 'closed'] end as plan
    from stretches
),
stepped as (
    select * exclude (plan), unnest(plan) as kind, k * 10 + unnest(range(len(plan))) as e from planned
),
timed as (
    select stepped.*, kinds.sort_rank, kinds.is_focus,
           -- Of a thousand steps 15 come at once, 30 after a quarter of an hour or more, one exactly then.
           case draw('pace', e, 0, 1000) // 15 when 0 then 0 when 1 then between_ms('idle', e, 0, 900000, 3600000)
               when 2 then between_ms('idle', e, 0, 900000, 3600000)
               else if(happens('exact', e, 0, 1), 900000, between_ms('pace', e, 1, low_ms, high_ms)) end as gap_ms
    from stepped inner join kinds using (kind)
),
placed as (
    select * exclude (gap_ms), shift * 100 + chosen - if(kind = 'stray', 5, 0) as conversation,
           started_ms + cast(sum(gap_ms) over (partition by shift order by e) as bigint) as occurred_ms
    from timed
)
select agent_id, conversation, 'conv-' || hex_id('conversation', conversation, 0) as conversation_id,
       hex_id('event', e, 0) || hex_id('event', e, 1) as event_id, occurred_ms, kind, sort_rank, is_focus
from placed
where occurred_ms <= getvariable('last_ms')
order by conversation_id;      -- as the warehouse keeps its events: conversation by conversation

-- Work is open from its acceptance to the last that happens in its conversation, or a little longer; some is never over.
create table works as
select agent_id, started_ms,
       case when not happens('lost', conversation, 0, 2) then
           greatest(last_ms, started_ms) + if(happens('tail', conversation, 0, 300), draw('tail', conversation, 1, 1800000), 0)
           end as ended_ms,
       one_of([1000, 1000, 2000, 500], 'weight', conversation, 0) as weight_thousandths,
       happens('test', conversation, 0, 15) as is_test_channel
from (
    select agent_id, conversation, min(occurred_ms) filter (kind = 'accepted') as started_ms, max(occurred_ms) as last_ms
    from agent_events group by agent_id, conversation
)
where started_ms is not null;

-- Presence ------------------------------------------------------------------------------------------------------------

-- Three shifts in a hundred lack their last log-out, so that some of them go stale over the weekend.
create table presence as
with changes as (
    select shift, agent_id,
           unnest(['available', 'busy', 'available', 'away', 'available', 'offline']) as status,
           unnest(range(6)) as step,
           started_ms + unnest([
               0, draw('busy', shift, 0, 7200000), 7200000, 14400000, 16200000, 28800000 + draw('end', shift, 0, 3600000)
           ]) as occurred_ms
    from shifts
)
select hex_id('presence', shift, step) || hex_id('presence', shift, step + 10) as event_id, agent_id, status,
       occurred_ms, status != 'offline' as is_online
from changes
where occurred_ms <= getvariable('last_ms')
  and not (status = 'offline' and happens('logout', shift, 0, 30))
order by occurred_ms;

-- The inputs ----------------------------------------------------------------------------------------------------------

create table focus as
select agent_id, conversation_id, conversation_id || '/1' as session_id, event_id, occurred_ms, sort_rank, is_focus,
       kind = 'message' as is_message
from agent_events
where is_focus is not null
union all
select agent_id, null, null, event_id, occurred_ms, 90, false, false from presence where status in ('away', 'offline');

create table activity as select agent_id, occurred_ms from agent_events;
drop table agent_events;

-- A quarter changes team within the year.
create table teams as
with moves as (
    select 'agent-' || n as agent_id, n % 4 = 0 as has_moved, epoch_ms(timestamp '2025-01-01') as began_ms,
           getvariable('first_ms') + draw('move', n, 0, 365) * 86400000 as moved_ms,
           one_of(['support', 'billing', 'orders'], 'team', n, 0) as team_id,
           one_of(['returns', 'vip'], 'team', n, 1) as next_team_id
    from range(getvariable('agent_count')) as agents(n)
),
endless as (
    select *, epoch_ms(timestamp '9999-12-31') as endless_ms from moves
)
select agent_id, team_id, began_ms as started_ms, if(has_moved, moved_ms, endless_ms) as ended_ms from endless
union all
select agent_id, next_team_id, moved_ms, endless_ms from endless where has_moved;

create table build as select getvariable('last_ms') - 60000 as as_of_ms;
