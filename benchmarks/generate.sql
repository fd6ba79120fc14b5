-- The synthetic event log and its reference tables, one table for each table of the raw contract.
-- Needs the variables seed, event_count, conversation_count, user_count, agent_count and day_count (whole weeks).
-- Everything is drawn from a seeded hash of what it belongs to: the same variables give the same rows.

-- Dice ----------------------------------------------------------------------------------------------------------------

set timezone = 'UTC';
set variable first_day = timestamp '2026-01-05';
create macro draw(salt, key, part, sides) as cast(hash(getvariable('seed'), salt, key, part) % sides as bigint);
create macro happens(salt, key, part, per_thousand) as draw(salt, key, part, 1000) < per_thousand;
create macro between_ms(salt, key, part, low, high) as low + draw(salt, key, part, high - low);
create macro hex_id(salt, key, part) as lpad(to_hex(hash(getvariable('seed'), salt, key, part)), 16, '0');
create macro one_of(items, salt, key, part) as items[1 + draw(salt, key, part, len(items))];
create macro weekday_at(key, part) as
    getvariable('first_day')
    + to_days(cast(draw('week', key, part, getvariable('day_count') // 7) * 7 + draw('day', key, part, 5) as integer))
    + to_milliseconds(7 * 3600000 + draw('morning', key, part, 6 * 3600000) + draw('noon', key, part, 6 * 3600000));

-- Who and where -------------------------------------------------------------------------------------------------------

create table users as
select n, case when happens('test', n, 0, 15) then 'sandbox'
               else one_of(['web', 'app', 'whatsapp', 'sms', 'facebook', 'apple'], 'channel', n, 0) end as channel_id
from range(getvariable('user_count')) as t(n);

create table raw_teams as
select * from (values
    ('support', 'Customer Support'), ('billing', 'Billing'), ('orders', 'Orders and Delivery'),
    ('returns', 'Returns'), ('vip', 'Key Accounts')
) as teams(team_id, team_name);

create table raw_channels as
select * from (values
    ('web', 'Website chat', 'web_chat', 'enhanced', 'weekdays_utc', false),
    ('app', 'In-app chat', 'in_app', 'enhanced', 'support_london', false),
    ('whatsapp', 'WhatsApp', 'whatsapp', 'enhanced', null, false),
    ('sms', 'Text messages', 'sms', 'standard', 'support_london', false),
    ('facebook', 'Facebook Messenger', 'facebook_messenger', 'standard', 'weekdays_berlin', false),
    ('apple', 'Apple Messages', 'apple_messages', 'enhanced', 'weekdays_berlin', false),
    ('sandbox', 'Sandbox', 'web_chat', 'enhanced', null, true)
) as channels(channel_id, channel_name, channel_type, platform_type, business_hours_id, is_test);

create table raw_topics as
select 'topic-' || n as topic_id, 'Topic ' || n as topic_name, true as is_active from range(1, 25) as t(n);

create table raw_accounts as
select 'account-' || n as account_id, 'Account ' || n as account_name
from range(getvariable('user_count') // 5 + 1) as t(n);

create table raw_agents as
select 'agent-' || n as agent_id, 'Agent ' || n as agent_name, 'agent.' || n || '@desk.example' as email,
       true as is_active
from range(getvariable('agent_count')) as t(n);

-- A quarter changes team half-way, and some stays overlap.
create table raw_team_memberships as
with stays as (
    select n, one_of(['support', 'billing', 'orders', 'returns', 'vip'], 'team', n, 0) as team_id,
           one_of(['support', 'billing', 'orders', 'returns', 'vip'], 'team', n, 1) as next_team_id,
           getvariable('first_day') + to_days(cast(draw('move', n, 0, 84) as integer)) as moved_at
    from range(getvariable('agent_count')) as t(n)
)
select 'agent-' || n as agent_id, team_id, timestamp '2025-01-01' as valid_from,
       case when n % 8 = 0 then moved_at end as valid_to
from stays
union all
select 'agent-' || n, next_team_id, moved_at, null from stays where n % 4 = 0
order by agent_id, valid_from;

-- Every ninth person has two addresses; one address in 200 was never handed over.
create table raw_messaging_users as
select 'user-' || n as messaging_user_id, channel_id, 'key-' || hex_id('key', n, 0) as platform_key,
       'Customer ' || n as display_name,
       case when happens('known', n, 0, 700) then 'contact-' || (n - n % 9 // 8) end as contact_id,
       case when happens('known', n, 0, 700) then 'account-' || n // 5 end as account_id,
       one_of(['opted_in', 'implicit', 'opted_out'], 'consent', n, 0) as consent_status,
       one_of(['en-GB', 'de-DE', 'fr-FR', 'es-ES'], 'locale', n, 0) as locale
from users
where n % 200 != 199;

-- Sessions, and the steps of each -------------------------------------------------------------------------------------

create table sessions as
with conversations as (
    select c, 'conv-' || hex_id('conversation', c, 0) as conversation_id,
           draw('user', c, 0, getvariable('user_count')) as n,
           case when happens('return', c, 0, 200) then 2 + draw('return', c, 1, 2) else 1 end as session_count
    from range(getvariable('conversation_count')) as t(c)
)
select c, s, c * 10 + s as k, conversation_id, 'user-' || n as messaging_user_id, users.channel_id,
       weekday_at(c, 0) + to_milliseconds((s - 1) * between_ms('gap', c, 0, 26 * 3600000, 200 * 3600000)) as started_at,
       draw('agent', c, s, getvariable('agent_count')) as agent,
       case when roll < 33 then 'handoff' when roll < 43 then 'bot' when roll < 47 then 'outbound'
            when roll < 51 then 'initiated' when roll < 54 then 'abandoned' else 'inbound' end as flavour
from (select *, unnest(range(1, session_count + 1)) as s, draw('flavour', c, s, 100) as roll from conversations)
inner join users using (n);

-- What each step is: its event, who sends it, and how long after the step before it, in milliseconds.
create table step_kinds as select * from (values
    ('started', 'conversation_started', 'opener', 0, 1),
    ('customer', 'message_sent', 'end_user', 8000, 420000),
    ('agent', 'message_sent', 'agent', 12000, 240000),
    ('bot', 'message_sent', 'bot', 400, 1800),
    ('notice', 'message_sent', 'system', 100, 900),
    ('handoff', 'bot_handoff', 'bot', 200, 900),
    ('requested', 'work_requested', 'system', 100, 900),
    ('assigned', 'work_assigned', 'system', 300, 90000),
    ('declined', 'work_declined', 'agent', 3000, 30000),
    ('timed_out', 'work_push_timed_out', 'system', 30000, 30001),
    ('accepted', 'work_accepted', 'agent', 1000, 40000),
    ('opened', 'conversation_opened', 'agent', 300, 3000),
    ('transferred', 'work_transferred', 'agent', 5000, 60000),
    ('topic', 'topic_added', 'agent', 500, 20000),
    ('untopic', 'topic_removed', 'agent', 500, 20000),
    ('pended', 'conversation_pended', 'agent', 2000, 20000),
    ('resolved', 'conversation_resolved', 'closer', 1000, 60000),
    ('reopened', 'conversation_reopened', 'agent', 60000, 3600000),
    ('left', 'conversation_left', 'agent', 300, 5000),
    ('after_work', 'after_work_started', 'agent', 300, 2000),
    ('work_closed', 'work_closed', 'agent', 1000, 120000),
    ('ended', 'conversation_ended', 'closer', 500, 900000),
    ('asked', 'csat_requested', 'system', 100, 1000),
    ('rated', 'csat_responded', 'end_user', 5000, 3600000)
) as kinds(kind, event_type, sender, low_ms, high_ms);

create table steps as
with planned as (
    select *,
           case when happens('early', k, 0, 5) then ['topic', 'resolved'] else [] end
           || case when happens('started', k, 0, 550) then ['started'] else [] end
           || case flavour when 'outbound' then ['bot', 'customer'] when 'initiated' then ['agent', 'customer']
                           else ['customer'] end
           || case when happens('twice', k, 0, 150) then ['customer'] else [] end
           || case when flavour in ('handoff', 'bot') then ['bot', 'customer', 'bot'] else [] end
           || case when flavour = 'handoff' then ['handoff', 'bot'] else [] end
           || case when flavour = 'bot' then []
                   when flavour = 'abandoned' then ['requested']
                   else case when happens('declined', k, 0, 30) then ['requested', 'assigned', 'declined']
                             when happens('timeout', k, 0, 20) then ['requested', 'assigned', 'timed_out'] else [] end
                        || ['requested', 'assigned', 'accepted', 'opened'] end
           || case when happens('notice', k, 0, 50) then ['notice'] else [] end
           || list_transform(range(0, 1 + draw('length', k, 0, 6)), lambda i:
                case when flavour = 'abandoned' then 'customer'
                     when (i % 2 = 0) != happens('burst', k, i, 250) then if(flavour = 'bot', 'bot', 'agent')
                     else 'customer' end)
           || case when happens('transfer', k, 0, 60) and flavour not in ('bot', 'abandoned')
                   then ['transferred', 'requested', 'assigned', 'accepted', 'opened', 'agent'] else [] end
           || case when happens('topic', k, 0, 700) then ['topic'] else [] end
           || case when happens('untopic', k, 0, 60) then ['untopic', 'topic'] else [] end
           || case when happens('pended', k, 0, 40) then ['pended'] else [] end
           || case when flavour = 'abandoned' or not happens('resolved', k, 0, 880) then [] else
                ['resolved']
                || case when happens('reopened', k, 0, 80) then
                     case when happens('reopened', k, 1, 500) then ['reopened'] else ['customer'] end
                     || ['agent'] || case when happens('reopened', k, 2, 850) then ['resolved'] else [] end
                   when happens('again', k, 0, 20) then ['resolved'] else [] end end
           || case when flavour in ('bot', 'abandoned') then []
                   else case when happens('after_work', k, 0, 300) then ['left', 'after_work'] else ['left'] end
                        || ['work_closed'] end
           || case when happens('ended', k, 0, 500) then ['ended'] else [] end
           || case when happens('asked', k, 0, 350)
                   then if(happens('rated', k, 0, 600), ['asked', 'rated'], ['asked']) else [] end as plan
    from sessions
),
unnested as (
    select * exclude (plan), unnest(plan) as kind, unnest(range(1, len(plan) + 1)) as step from planned
),
timed as (
    select unnested.*, step_kinds.event_type, step_kinds.sender, k * 100 + step as e,
           case when step > 1 then
             case when happens('instant', k, step, 15) then 0
                  when kind = 'customer' and happens('slow', k, step, 40)
                      then between_ms('slow', k, step, 1200000, 14400000)
                  else between_ms('pace', k, step, low_ms, high_ms) end else 0 end as gap_ms
    from unnested inner join step_kinds using (kind)
),
handed_on as (
    select *, count(*) filter (kind in ('transferred', 'declined', 'timed_out')) over (
                  partition by k order by step rows between unbounded preceding and 1 preceding
              ) as handover_count
    from timed
)
select * exclude (gap_ms, agent, handover_count),
       started_at + to_milliseconds(cast(sum(gap_ms) over (partition by k order by step) as bigint)) as occurred_at,
       (agent + handover_count * 7) % getvariable('agent_count') as agent,
       's' || s || '-' || (1 + handover_count) as work_id
from handed_on;

-- Events: the steps and the receipts of their messages ----------------------------------------------------------------

create macro customer_text(e) as
    one_of(['Hi there, ', 'Hello, ', 'Good morning, ', 'Sorry to ask again, but ', 'Thanks for that. ', 'Okay, ',
            'Hmm, ', 'Just a quick question: ', 'I hope you can help me: ', 'One more thing, '], 'opener', e, 0)
    || one_of(['my order has not arrived yet and the tracking page has not changed for three days',
               'I was charged twice for the same month on my card',
               'the app keeps signing me out whenever I open my basket',
               'I would like to change the delivery address of my last order',
               'the discount code from the newsletter does not work',
               'could you tell me when the blue one is back in stock',
               'the parcel was damaged and one of the two boxes is missing',
               'I still cannot see the refund on my account',
               'is it possible to move my subscription to next week'], 'matter', e, 0)
    || one_of(['.', '?', ', please.', '. The number is on the invoice.', '. Can you look into it today?',
               ', as I am travelling.', ' 😕', ' 🙏', '!'], 'closer', e, 0);
create macro business_text(e) as
    one_of(['Thank you for waiting. ', 'Hello, good to hear from you. ', 'I am sorry about that. ', 'Let me check. ',
            'I understand. ', 'Of course, ', 'Good news: ', 'As promised, '], 'opener', e, 0)
    || one_of(['I have found your order and passed it on to the warehouse, they will send a new one',
               'the refund was released this morning and takes two or three working days',
               'could you send me the number at the top of your invoice',
               'I have changed the address, you will get a new confirmation shortly',
               'the code was meant for the spring sale, I have credited the difference instead',
               'please sign out on all devices once and try it again',
               'a colleague from the billing team will take over from here'], 'matter', e, 0)
    || one_of(['.', '. Is there anything else I can do?', ', I will let you know.', '. Does that work for you?',
               ' 🙂', '. Have a nice day!'], 'closer', e, 0);

-- A few conversations have lost every event that could start a session, a few messages all but their receipts.
create table events as
with senders as (
    select *, case sender
                  when 'opener'
                      then case flavour when 'outbound' then 'bot' when 'initiated' then 'agent' else 'end_user' end
                  when 'closer' then case when flavour = 'bot' then 'bot' else
                      one_of(['agent', 'agent', 'agent', 'agent', 'agent', 'system', 'end_user'], 'closer', e, 0) end
                  else sender end as actor_type,
           case when event_type = 'message_sent' then 'm-' || hex_id('message', e, 0) end as message_id
    from steps
),
stepped as (
    select e * 10 as e, conversation_id, c, channel_id, messaging_user_id, event_type, occurred_at, message_id,
           actor_type,
           case actor_type when 'agent' then 'agent-' || agent when 'bot' then 'bot-nora' end as actor_id,
           case
               when kind = 'started' then '{"origin": "' || case flavour when 'outbound' then 'triggered_outbound'
                    when 'initiated' then 'agent_initiated' else 'inbound' end || '"}'
               when event_type = 'message_sent' then '{"message_id": "' || message_id || '", "text": "'
                    || if(actor_type = 'end_user', customer_text(e), business_text(e)) || '"'
                    || if(flavour = 'outbound' and step <= 2 and actor_type = 'bot', ', "is_proactive": true', '')
                    || if(happens('attachment', e, 0, 40), ', "has_attachments": true', '') || '}'
               when kind = 'handoff' then '{"team_id": "support"}'
               when kind = 'requested' then '{"work_id": "' || work_id || '", "team_id": "'
                    || one_of(['support', 'billing', 'orders'], 'queue', e, 0) || '"}'
               when kind = 'assigned' then '{"work_id": "' || work_id || '", "agent_id": "agent-' || agent
                    || '", "capacity_weight": ' || one_of(['1', '1', '2', '0.5'], 'weight', e, 0) || '}'
               when kind = 'transferred' then '{"work_id": "' || work_id || '", "to_team_id": "orders"}'
               when kind in ('declined', 'timed_out', 'accepted', 'after_work', 'work_closed')
                    then '{"work_id": "' || work_id || '"}'
               when kind = 'topic' then '{"topic_id": "topic-' || (1 + draw('topic', k, step % 2, 24)) || '"}'
               when kind = 'untopic' then '{"topic_id": "topic-' || (1 + draw('topic', k, (step + 1) % 2, 24)) || '"}'
               when kind = 'resolved' and happens('reason', e, 0, 500) then '{"reason": "solved"}'
               when kind = 'asked' then '{"survey_id": "s' || s || '", "scale_max": 5}'
               when kind = 'rated' then '{"survey_id": "s' || s || '", "score": ' || (1 + draw('score', e, 0, 5)) || '}'
           end as payload
    from senders
),
fates as (
    select *, draw('receipt', e, 0, 1000) as fate
    from stepped where event_type = 'message_sent' and actor_type != 'system'
),
receipts as (
    select e + 1 as e, conversation_id, c, channel_id, messaging_user_id, 'message_delivered' as event_type,
           occurred_at + to_milliseconds(case when fate < 2 then -500 else between_ms('delivered', e, 0, 150, 3000) end)
               as occurred_at,
           message_id, '{"message_id": "' || message_id || '"}' as payload
    from fates where fate < 585
    union all
    select e + 2, conversation_id, c, channel_id, messaging_user_id, 'message_read',
           occurred_at + to_milliseconds(between_ms('read', e, 0, 3000, 90000)),
           message_id, '{"message_id": "' || message_id || '"}'
    from fates where fate < 240
    union all
    select e + 3, conversation_id, c, channel_id, messaging_user_id, 'message_failed',
           occurred_at + to_milliseconds(between_ms('failed', e, 0, 500, 9000)), message_id,
           '{"message_id": "' || message_id || '"'
           || one_of([', "status_code": "131026"', ', "status_code": "30003"', ''], 'code', e, 0) || '}'
    from fates where fate between 580 and 599
)
select e, conversation_id, channel_id, messaging_user_id, event_type, occurred_at, actor_type, actor_id, payload
from stepped
where not (happens('mute', c, 0, 1) and event_type in ('message_sent', 'conversation_started', 'conversation_reopened'))
  and not (event_type = 'message_sent' and happens('lost', e, 0, 1))
union all
select e, conversation_id, channel_id, messaging_user_id, event_type, occurred_at, 'system', null, payload
from receipts;

-- Deliveries, as a real transport spoils them -------------------------------------------------------------------------

-- 2 % come again as they were, 0.1 % changed, 0.5 % are broken; 3 % come late, a few of them by days.
create table raw_conversation_events as
with first_deliveries as (
    select *, 0 as copy, occurred_at + to_milliseconds(
               case when happens('late', e, 0, 5) then between_ms('late', e, 1, 86400000, 259200000)
                    when happens('late', e, 0, 30) then between_ms('late', e, 1, 60000, 3600000)
                    else between_ms('late', e, 1, 80, 4000) end) as arrived_at
    from events
),
copies as (
    select * from first_deliveries
    union all
    select * replace (1 as copy, arrived_at + to_milliseconds(between_ms('again', e, 0, 0, 7200000)) as arrived_at)
    from first_deliveries where happens('again', e, 0, 20)
    union all
    select * replace (
        2 as copy, arrived_at + to_milliseconds(case when happens('conflict', e, 1, 100) then 0
                                                     else between_ms('conflict', e, 0, 1, 7200000) end) as arrived_at,
        case when payload is null then '{"note": "second thoughts"}' else replace(payload, '{', '{"edited": true, ') end
            as payload)
    from first_deliveries where happens('conflict', e, 0, 1)
),
arrived as (
    select *, case when draw('broken', e, 0, 1000) < 5 then draw('broken', e, 1, 10) end as fault
    from copies order by arrived_at, e, copy limit getvariable('event_count')
),
spoiled as (
    select case when fault is distinct from 0 then hex_id('event', e, 0) || hex_id('event', e, 1) end as event_id,
           case when fault = 1 then 'message_seen' else event_type end as event_type,
           case when fault = 2 then null when fault = 3 then occurred_at - interval 500 day
                when fault = 4 then occurred_at + interval 6 day else occurred_at end as occurred_at,
           case when fault is distinct from 5 then arrived_at end as received_at,
           case when fault is distinct from 6 then conversation_id end as conversation_id,
           channel_id, messaging_user_id,
           case when fault = 7 then 'robot' else actor_type end as actor_type, actor_id,
           case when fault = 8 then coalesce(payload[:-2], '[]')
                when fault = 9 then replace(coalesce(payload, '5'), '_id"', '"') else payload end as payload
    from arrived
)
select * from spoiled;
set variable cut_at = (select max(received_at) from raw_conversation_events);

-- Presence ------------------------------------------------------------------------------------------------------------

-- One shift a weekday: available, busy for a while, available, a break, available, offline. Of a thousand shifts 30 lack
-- their last log-out, so that some go stale over the weekend. 1 % come again as they were, 0.1 % changed; 0.5 % have a
-- status that nobody knows.
create table raw_presence_events as
with shifts as (
    select n, d, getvariable('first_day') + to_days(cast(d as integer))
           + to_milliseconds(8 * 3600000 + draw('shift', n, 0, 3600000) + draw('shift', n, d, 600000)) as starts_at
    from range(getvariable('agent_count')) as agents(n), range(getvariable('day_count')) as days(d)
    where d % 7 < 5
),
changes as (
    select n, d * 10 + unnest([1, 2, 3, 4, 5, 6]) as step, d,
           unnest(['available', 'busy', 'available', 'away', 'available', 'offline']) as status,
           starts_at + to_milliseconds(unnest([0, 3600000 + draw('busy', n, d, 3600000), 7200000, 14400000, 16200000,
                                               30600000])) as occurred_at
    from shifts
),
delivered as (
    select hex_id('presence', n, step) as event_id, 'agent-' || n as agent_id,
           if(happens('status', n, step, 5), 'invisible', status) as status,
           case when status = 'available' then 5 end as capacity, occurred_at, n, step,
           occurred_at + to_milliseconds(between_ms('presence', n, step, 100, 3000)) as received_at
    from changes
    where occurred_at < getvariable('cut_at') - interval 1 hour
      and not (status = 'offline' and happens('logout', n, d, 30))
),
copies as (
    select * from delivered
    union all
    select * replace (received_at + interval 5 second as received_at) from delivered
    where happens('presence again', n, step, 10)
    union all
    select * replace (received_at + interval 7 second as received_at, 'busy' as status) from delivered
    where happens('presence conflict', n, step, 1)
)
select event_id, agent_id, status, capacity, occurred_at, received_at
from copies
order by received_at, event_id;
