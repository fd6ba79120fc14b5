-- What fct_responses and the open intervals are made from, for three years of answers on channels with fifty schedules:
-- the tables that those models read, with the columns and types that the warehouse gives them.
-- Needs the variables seed and session_count. Everything is drawn from a seeded hash of what it belongs to.

-- Dice ----------------------------------------------------------------------------------------------------------------

set timezone = 'UTC';
set variable first_day = timestamp '2024-01-01';
set variable day_count = 3 * 365 + 1;
set variable agent_count = 2000;
create temp macro draw(salt, key, part, sides) as cast(hash(getvariable('seed'), salt, key, part) % sides as bigint);
create temp macro happens(salt, key, part, per_thousand) as draw(salt, key, part, 1000) < per_thousand;
create temp macro between_ms(salt, key, part, low, high) as low + draw(salt, key, part, high - low);
create temp macro hex_id(salt, key, part) as lpad(to_hex(hash(getvariable('seed'), salt, key, part)), 16, '0');
create temp macro event_id(salt, key) as hex_id(salt, key, 0) || hex_id(salt, key, 1);
create temp macro one_of(items, salt, key, part) as items[1 + draw(salt, key, part, len(items))];
create temp macro minute(text) as 60 * cast(text[1:2] as integer) + cast(text[4:5] as integer);

create schema staging;
create schema intermediate;

-- Fifty schedules: ten zones, five kinds of week ----------------------------------------------------------------------

create table staging.stg_messaging__business_hours as
select 'schedule-' || n as business_hours_id,
       ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Europe/London',
        'America/Sao_Paulo', 'Asia/Beirut', 'America/Los_Angeles', 'Pacific/Auckland'][1 + n % 10] as timezone,
       n // 10 as week
from range(50) as t(n);

create temp table week_hours as select * from (values
    (0, 1, 5, ['09:00-17:00']),
    (1, 1, 5, ['08:00-12:00', '13:00-17:30']), (1, 6, 6, ['10:00-14:00']),
    (2, 1, 7, ['22:00-06:00']),      -- over midnight
    (3, 1, 6, ['07:00-11:30', '11:30-15:00', '14:00-20:00']), (3, 7, 7, ['00:00-24:00']),
    (4, 1, 7, ['06:15-09:45', '10:00-12:00', '16:00-19:00', '21:30-01:30'])
) as weeks(week, first_weekday, last_weekday, hours);

create table staging.stg_messaging__business_hour_intervals as
with texts as (
    select business_hours_id, unnest(range(first_weekday, last_weekday + 1)) as iso_weekday, hours
    from staging.stg_messaging__business_hours inner join week_hours using (week)
),
split as (
    select business_hours_id, cast(iso_weekday as integer) as iso_weekday,
           unnest(list_transform(hours, lambda h: h[1:5])) as opens_at,
           unnest(list_transform(hours, lambda h: h[7:11])) as closes_at
    from texts
)
select *, minute(opens_at) as opens_minute,
       minute(closes_at) + if(closes_at < opens_at, 24 * 60, 0) as closes_minute
from split;

-- Twelve dates a year and schedule: closed, or other hours; a fifth of them over midnight.
create table staging.stg_messaging__holidays as
with dates as (
    select business_hours_id, business_hours_id || '/' || year || '/' || k as key,
           make_date(cast(year as integer), cast(k as integer), 1)
           + cast(draw('holiday', business_hours_id, year * 100 + k, 28) as integer) as holiday_date
    from staging.stg_messaging__business_hours, range(2024, 2029) as years(year), range(1, 13) as months(k)
),
texts as (
    select business_hours_id, 'Holiday' as name, holiday_date,
           case draw('closed', key, 0, 5) when 0 then '10:00' when 1 then '20:00' end as opens_at,
           case draw('closed', key, 0, 5) when 0 then '14:00' when 1 then '02:00' end as closes_at
    from dates
)
select *, minute(opens_at) as opens_minute,
       minute(closes_at) + if(closes_at < opens_at, 24 * 60, 0) as closes_minute
from texts;

-- Sessions on sixty channels, ten of them without a schedule ----------------------------------------------------------

-- Sessions lie as the warehouse makes them: one after the other, in no order of time or channel.
create table intermediate.int_session_contexts as
select 'conv-' || hex_id('conversation', s, 0) || '/1' as session_id,
       'conv-' || hex_id('conversation', s, 0) as conversation_id,
       'channel-' || channel as channel_id,
       'user-' || draw('user', s, 0, getvariable('session_count')) as messaging_user_id,
       'contact-' || draw('user', s, 0, getvariable('session_count')) as contact_key,
       case when happens('account', s, 0, 700) then 'account-' || draw('account', s, 1, 50000) end as account_id,
       case when channel < 50 then 'schedule-' || channel end as business_hours_id,
       channel = 59 as is_test_channel
from (select s, draw('channel', s, 0, 60) as channel from range(getvariable('session_count')) as t(s))
order by hash(session_id);

-- Answers in a session: some within seconds, most within minutes, a few over a night or a weekend. A third of the
-- sessions end with a question that nobody answered.
create table intermediate.int_responses_paired as
with sessions as (
    select s, 'conv-' || hex_id('conversation', s, 0) || '/1' as session_id,
           1 + draw('length', s, 0, 8) as length, happens('unanswered', s, 0, 333) as is_left,
           getvariable('first_day') + to_days(cast(draw('day', s, 0, getvariable('day_count')) as integer))
           + to_milliseconds(if(happens('night', s, 0, 150), draw('hour', s, 0, 86400000),
                                6 * 3600000 + draw('hour', s, 0, 7 * 3600000) + draw('hour', s, 1, 7 * 3600000)))
               as started_at
    from range(getvariable('session_count')) as t(s)
),
numbered as (
    select *, unnest(range(1, length + 1)) as r from sessions
),
paced as (
    select *, s * 10 + r as k, is_left and r = length as is_last_left,
           case when happens('burst', s * 10 + r, 0, 250) then between_ms('burst', s * 10 + r, 1, 500, 90000) else 0 end
               as burst_ms,
           case when happens('slow', s * 10 + r, 0, 30) then between_ms('slow', s * 10 + r, 1, 3600000, 259200000)
                else between_ms('pace', s * 10 + r, 1, 400, 900000) end as answer_ms,
           case when is_left and r = length then null
                when r % 2 = 0 then 'end_user'
                else one_of(['agent', 'agent', 'agent', 'bot'], 'responder', s * 10 + r, 0) end as responder_type
    from numbered
),
timed as (
    select *, started_at + to_milliseconds(cast(sum(burst_ms + answer_ms) over (partition by s order by r) as bigint))
                  as answered_at
    from paced
)
select session_id, r as response_number,
       event_id('event', k) as prompted_first_event_id,
       event_id(if(burst_ms > 0, 'burst', 'event'), k) as prompted_last_event_id,
       case when not is_last_left then event_id('event', k + 1) end as responded_event_id,
       responder_type,
       case responder_type
           when 'agent' then 'agent-' || draw('agent', s, 0, getvariable('agent_count'))
           when 'bot' then 'bot-' || draw('bot', s, 0, 5)
       end as responder_actor_id,
       answered_at - to_milliseconds(burst_ms + answer_ms) as prompted_first_at,
       answered_at - to_milliseconds(answer_ms) as prompted_last_at,
       case when not is_last_left then answered_at end as responded_at,
       if(burst_ms > 0, 2 + draw('prompts', k, 0, 3), 1) as prompt_count
from timed
order by hash(session_id), r;

-- A quarter of the agents changes team within the years.
create table intermediate.int_team_memberships_flattened as
with moves as (
    select 'agent-' || n as agent_id, n % 4 = 0 as has_moved,
           getvariable('first_day') + to_days(cast(draw('move', n, 0, getvariable('day_count')) as integer)) as moved_at,
           one_of(['support', 'billing', 'orders'], 'team', n, 0) as team_id,
           one_of(['returns', 'vip'], 'team', n, 1) as next_team_id
    from range(getvariable('agent_count')) as agents(n)
)
select agent_id, timestamp '0001-01-01' as valid_from,
       if(has_moved, moved_at, timestamp '9999-12-31') as valid_to, team_id
from moves
union all
select agent_id, moved_at, timestamp '9999-12-31', next_team_id from moves where has_moved;

-- Where the open intervals begin and end ------------------------------------------------------------------------------

create table intermediate.int_conversation_events_placed as
select min(prompted_first_at) as occurred_at from intermediate.int_responses_paired;

create table intermediate.int_build as
select getvariable('first_day') + to_days(cast(getvariable('day_count') as integer)) as as_of;
