-- The core facts in one plain DuckDB script, written from the definitions for speed: no layers, no tests.
-- Needs: `set variable raw = '<folder>'`, files of the raw contract as generate.py writes them, session time zone UTC.
-- Left out: emoji scores, columns beyond the published ones, guards, given `as_of`, other file formats, redactions.

-- Deliveries, each validated alone ------------------------------------------------------------------------------------

create temp table event_types as
select * from (values
    ('conversation_started', 10, true, null, array[]::varchar[]),
    ('work_requested', 20, true, null, ['work_id']),
    ('work_assigned', 21, true, null, ['work_id', 'agent_id']),
    ('work_accepted', 22, true, null, ['work_id']),
    ('work_declined', 23, true, null, ['work_id']),
    ('work_push_timed_out', 24, true, null, ['work_id']),
    ('work_canceled', 25, true, null, ['work_id']),
    ('work_transferred', 26, true, 'ends', ['work_id']),
    ('work_closed', 28, false, 'ends', ['work_id']),
    ('message_sent', 40, true, 'acts', ['message_id']),
    ('message_delivered', 42, false, null, ['message_id']),
    ('message_read', 43, false, null, ['message_id']),
    ('message_failed', 44, false, null, ['message_id']),
    ('bot_handoff', 45, true, null, []),
    ('conversation_left', 50, false, 'ends', []),
    ('conversation_opened', 51, false, 'opens', []),
    ('topic_added', 52, false, 'acts', ['topic_id']),
    ('topic_removed', 53, false, 'acts', ['topic_id']),
    ('conversation_pended', 54, true, 'ends', []),
    ('conversation_resolved', 60, true, 'ends', []),
    ('conversation_reopened', 61, true, 'acts', []),
    ('after_work_started', 62, false, 'acts', ['work_id']),
    ('conversation_ended', 70, true, 'ends', []),
    ('csat_requested', 80, false, null, ['survey_id']),
    ('csat_responded', 81, false, null, ['survey_id', 'score'])
) as types(event_type, sort_rank, is_activity, focus_effect, required_keys);

create macro is_no_number(text) as
    text is not null
    and not (regexp_full_match(text, '-?[0-9]+(\.[0-9]+)?') and try_cast(text as decimal(18, 3)) is not null);

create temp table deliveries as
with parsed as (
    select
        nullif(event_id, '') as event_id,
        nullif(event_type, '') as event_type,
        date_trunc('millisecond', occurred_at) as occurred_at,
        date_trunc('millisecond', received_at) as received_at,
        nullif(conversation_id, '') as conversation_id,
        nullif(channel_id, '') as channel_id,
        nullif(messaging_user_id, '') as messaging_user_id,
        nullif(actor_type, '') as actor_type,
        nullif(actor_id, '') as actor_id,
        nullif(payload, '') as payload,
        case when payload is not null and json_valid(payload) and ltrim(payload, e' \t\r\n')[1] = '{' then
            json_extract_string(payload, [
                '$.message_id', '$.work_id', '$.topic_id', '$.survey_id', '$.agent_id', '$.score', '$.scale_max',
                '$.capacity_weight', '$.origin', '$.text', '$.status_code', '$.is_proactive', '$.team_id'
            ])
        end as v
    from read_parquet(getvariable('raw') || '/raw_conversation_events/*.parquet')
)
select
    parsed.* exclude (v),
    nullif(v[1], '') as message_id,
    nullif(v[2], '') as work_id,
    nullif(v[3], '') as topic_id,
    nullif(v[4], '') as survey_id,
    nullif(v[5], '') as assigned_agent_id,
    nullif(v[8], '') as capacity_weight,
    nullif(v[13], '') as team_id,
    v[9] as origin,
    nullif(v[10], '') as message_text,
    nullif(v[11], '') as status_code,
    coalesce(v[12] = 'true', false) as is_proactive,
    case when parsed.event_type = 'message_sent' and actor_type != 'end_user' then 41 else sort_rank end as sort_rank,
    is_activity,
    focus_effect,
    coalesce(
        parsed.event_type in ('conversation_started', 'conversation_reopened')
        or (parsed.event_type = 'message_sent' and actor_type != 'system'), false
    ) as is_starter,
    case
        when event_id is null then 'missing_event_id'
        when conversation_id is null then 'missing_conversation_id'
        when event_types.event_type is null then 'unknown_event_type'
        when received_at is null then 'invalid_timestamp'
        when occurred_at is null then 'missing_occurred_at'
        when
            (payload is not null and v is null) or is_no_number(v[6]) or is_no_number(v[7]) or is_no_number(v[8])
            then 'invalid_payload'
        when
            actor_type is null or actor_type not in ('end_user', 'agent', 'bot', 'system')
            or (actor_type in ('agent', 'bot') and actor_id is null)
            then 'missing_actor'
        when
            (list_contains(required_keys, 'message_id') and coalesce(v[1], '') = '')
            or (list_contains(required_keys, 'work_id') and coalesce(v[2], '') = '')
            or (list_contains(required_keys, 'topic_id') and coalesce(v[3], '') = '')
            or (list_contains(required_keys, 'survey_id') and coalesce(v[4], '') = '')
            or (list_contains(required_keys, 'agent_id') and coalesce(v[5], '') = '')
            or (list_contains(required_keys, 'score') and coalesce(v[6], '') = '')
            then 'missing_payload_key'
        when occurred_at > received_at + interval 300 second then 'occurred_after_received'
        when received_at > occurred_at + interval 400 day then 'received_implausibly_late'
    end as rejection_reason
from parsed
left join event_types using (event_type);

-- Of presence the broken go at once, and of what came again the first received is left.
create temp table presence as
select event_id, agent_id, status, occurred_at, received_at, cast(capacity as decimal(18, 3)) as capacity
from (
    select * replace (
        date_trunc('millisecond', occurred_at) as occurred_at, date_trunc('millisecond', received_at) as received_at
    )
    from read_parquet(getvariable('raw') || '/raw_presence_events/*.parquet')
)
where event_id != '' and agent_id != '' and status in ('available', 'busy', 'away', 'offline')
  and occurred_at <= received_at + interval 300 second and received_at <= occurred_at + interval 400 day
qualify row_number() over (
    partition by event_id order by received_at, agent_id, status, coalesce(cast(capacity as varchar), ''), occurred_at
) = 1;

set variable as_of = (
    select max(received_at) from (
        select received_at from deliveries where rejection_reason is null
        union all
        select received_at from presence
    )
);

-- Redeliveries: the first received wins, the rest are exact or conflicting --------------------------------------------

create temp table redeliveries as
with repeated as (
    select event_id from deliveries where rejection_reason is null group by event_id having count(*) > 1
),
ranked as (
    select
        deliveries.rowid as delivery, event_id, conversation_id,
        row(
            event_type, occurred_at, coalesce(conversation_id, ''), coalesce(channel_id, ''),
            coalesce(messaging_user_id, ''), actor_type, coalesce(actor_id, ''), coalesce(payload, '')
        ) as content,
        row_number() over (partition by event_id order by received_at, content) as place,
        first_value(content) over (partition by event_id order by received_at, content) as winning_content
    from deliveries
    semi join repeated using (event_id)
    where rejection_reason is null
)
select delivery, conversation_id, content != winning_content as is_conflict
from ranked
where place > 1;

create temp table started as
select distinct conversation_id
from deliveries
where is_starter and rejection_reason is null and deliveries.rowid not in (select delivery from redeliveries);

create table rejected_events as
select
    event_id, event_type, cast(occurred_at as varchar) as occurred_at, cast(received_at as varchar) as received_at,
    conversation_id, channel_id, messaging_user_id, actor_type, actor_id, payload,
    case
        when rejection_reason is not null then rejection_reason
        when conversation_id in (select conversation_id from started) then 'conflicting_redelivery'
        else 'no_session'
    end as rejection_reason
from deliveries
where rejection_reason is not null
   or deliveries.rowid in (select delivery from redeliveries where is_conflict)
   or (conversation_id not in (select conversation_id from started)
       and deliveries.rowid not in (select delivery from redeliveries));

-- Accepted events in total order, cut into sessions -------------------------------------------------------------------

create temp table events as
with ordered as (
    select
        deliveries.* exclude (payload, rejection_reason),
        row_number() over in_order as position,
        max(case when is_activity then occurred_at end) over before as last_activity_before,
        last_value(case when is_starter then true when event_type = 'conversation_ended' then false end ignore nulls)
            over before as was_started
    from deliveries
    semi join started using (conversation_id)
    where rejection_reason is null and deliveries.rowid not in (select delivery from redeliveries)
    window
        in_order as (partition by conversation_id order by occurred_at, sort_rank, event_id),
        before as (partition by conversation_id order by occurred_at, sort_rank, event_id
                   rows between unbounded preceding and 1 preceding)
),
opened as (
    select
        *,
        is_starter and (was_started is distinct from true or occurred_at >= last_activity_before + interval 24 hour)
            as opens_session
    from ordered
),
counted as (
    select
        * exclude (last_activity_before, was_started, is_starter),
        sum(cast(opens_session as integer)) over so_far as openings,
        max(case when opens_session then position end) over so_far as opened_position
    from opened
    window so_far as (partition by conversation_id order by position)
)
select
    * exclude (openings, opened_position),
    cast(greatest(openings, 1) as bigint) as session_number,
    conversation_id || '/' || greatest(openings, 1) as session_id,
    case when openings > 1 then position - opened_position + 1 else position end as position_in_session,
    openings = 0 as is_preceding
from counted;

create table fct_conversation_events as
select
    event_id, event_type, conversation_id, session_id, channel_id, messaging_user_id, actor_type, actor_id, message_id,
    work_id, topic_id, survey_id, occurred_at, received_at, position_in_session
from events;

-- Who belongs where ---------------------------------------------------------------------------------------------------

create temp table sessions as
select
    session_id, conversation_id, session_number,
    max(case when opens_session then channel_id end) as channel_id,
    max(case when opens_session then messaging_user_id end) as messaging_user_id,
    max(case when opens_session then occurred_at end) as started_at,
    max(case when is_activity then occurred_at end) as last_activity_at,
    max_by(event_type, position) filter (is_activity) = 'conversation_pended' as is_pended,
    min_by(occurred_at, position) filter (event_type = 'conversation_ended' and not is_preceding) as stopped_at,
    min_by(actor_type, position) filter (event_type = 'conversation_ended' and not is_preceding) as stopped_by,
    coalesce(
        min_by(origin, position) filter (
            event_type = 'conversation_started' and origin in ('inbound', 'agent_initiated', 'triggered_outbound')
        ),
        case min_by(actor_type, position) filter (event_type = 'message_sent')
            when 'end_user' then 'inbound' when 'agent' then 'agent_initiated' when 'bot' then 'triggered_outbound'
            when 'system' then 'triggered_outbound' end
    ) as origin,
    count(*) filter (event_type = 'message_sent' and actor_type = 'agent') as agent_message_count,
    count(*) filter (event_type = 'message_sent' and actor_type = 'bot') as bot_message_count,
    count(*) filter (event_type = 'message_sent' and actor_type = 'end_user') as end_user_message_count,
    bool_or(event_type = 'bot_handoff') as is_handed_off
from events
group by session_id, conversation_id, session_number;

create temp table users as
select nullif(messaging_user_id, '') as messaging_user_id, nullif(account_id, '') as account_id
from read_parquet(getvariable('raw') || '/raw_messaging_users/*.parquet');

-- An agent's team at a moment: of overlapping memberships the latest begun, then the smaller team id.
create temp table teams as
with stays as (
    select
        agent_id, team_id,
        coalesce(cast(valid_from as timestamp), timestamp '0001-01-01') as valid_from,
        coalesce(cast(valid_to as timestamp), timestamp '9999-12-31') as valid_to
    from read_parquet(getvariable('raw') || '/raw_team_memberships/*.parquet')
),
moments as (
    select agent_id, valid_from as since from stays
    union
    select agent_id, valid_to from stays
),
winners as (
    select
        moments.agent_id, since,
        (
            select min_by(team_id, row(-epoch_us(valid_from), team_id)) from stays
            where stays.agent_id = moments.agent_id and since >= valid_from and since < valid_to
        ) as team_id
    from moments
),
changes as (
    select *
    from winners
    qualify team_id is distinct from lag(team_id) over (partition by agent_id order by since)
)
select agent_id, since, lead(since) over (partition by agent_id order by since) as until, team_id
from changes
qualify team_id is not null;

-- Messages and their receipts -----------------------------------------------------------------------------------------

create temp table messages as
with receipts as (
    select
        conversation_id, message_id,
        min_by({'event_id': event_id, 'session_id': session_id}, position) as first_receipt,
        min(case when event_type = 'message_delivered' then occurred_at end) as delivered_at,
        min(case when event_type = 'message_read' then occurred_at end) as read_at,
        max_by(coalesce(status_code, ''), case when event_type = 'message_failed' then position end) as failure_code
    from events
    where event_type in ('message_delivered', 'message_read', 'message_failed')
    group by conversation_id, message_id
),
sent as (
    select * from events where event_type = 'message_sent'
)
select
    coalesce(sent.event_id, first_receipt.event_id) as event_id,
    message_id,
    coalesce(sent.session_id, first_receipt.session_id) as session_id,
    sent.actor_type, sent.actor_id, sent.position, sent.occurred_at as sent_at, sent.message_text,
    coalesce(sent.is_proactive, false) as is_proactive,
    sent.event_id is null as is_orphan,
    case when read_at is not null then 'read' when delivered_at is not null then 'delivered'
         when failure_code is not null then 'failed' else 'sent' end as delivery_status,
    case when read_at is null and delivered_at is null then nullif(failure_code, '') end as status_code,
    coalesce(delivered_at < sent.occurred_at, false) or coalesce(read_at < sent.occurred_at, false) as has_clock_anomaly
from sent
full join receipts using (conversation_id, message_id);

create table fct_messages as
select
    messages.* exclude (position),
    sessions.conversation_id, sessions.channel_id, sessions.messaging_user_id, users.account_id, teams.team_id
from messages
inner join sessions using (session_id)
left join users using (messaging_user_id)
left join teams
    on messages.actor_type = 'agent' and messages.actor_id = teams.agent_id and sent_at >= since and sent_at < until;

-- Turns: effective messages and waiting marks, then runs of one side --------------------------------------------------

create temp table turns as
with elements as (
    select session_id, position, sent_at as happened_at, actor_type as kind, actor_id from messages
    where not is_orphan and actor_type != 'system' and (actor_type = 'end_user' or delivery_status != 'failed')
    union all
    select session_id, position, occurred_at, 'mark', actor_id from events where event_type = 'bot_handoff'
),
counted as (
    select
        *,
        count(*) filter (kind = 'end_user') over so_far as customer_messages,
        -- The last of hand-off and agent's message before this: a bot after a hand-off answers nothing.
        max(case when kind = 'agent' then position end) over so_far as agent_position
    from elements
    window so_far as (partition by session_id order by position)
),
real as (
    select * from counted where kind != 'mark' or customer_messages > 0
)
select
    *,
    kind in ('end_user', 'mark') as is_customer_side,
    kind = 'bot' and coalesce(
        max(case when kind = 'mark' then position end) over (partition by session_id order by position)
        > coalesce(agent_position, 0), false
    ) as is_muted
from real;

create temp table responses as
with sides as (      -- in the one direction muted bots do not exist, in the other marks do not
    select *, 'customer' as prompting_side from turns where not is_muted
    union all
    select *, 'business' from turns where kind != 'mark'
),
changes as (
    select
        *,
        is_customer_side is distinct from lag(is_customer_side) over in_order as begins_run
    from sides
    window in_order as (partition by session_id, prompting_side order by position)
),
runs as (
    select
        *,
        count(*) filter (begins_run) over (partition by session_id, prompting_side order by position) as run_number
    from changes
),
run_facts as (
    select
        session_id, prompting_side, run_number, is_customer_side, count(*) as prompt_count,
        min(position) as first_position, min(happened_at) as first_at, max(happened_at) as last_at,
        min_by(kind, position) as first_kind, min_by(actor_id, position) as first_actor_id
    from runs
    group by session_id, prompting_side, run_number, is_customer_side
),
followed as (
    select
        *,
        lead(first_position) over next_run as answer_position,
        lead(first_at) over next_run as responded_at,
        lead(first_kind) over next_run as responder_type,
        lead(first_actor_id) over next_run as responder_actor_id
    from run_facts
    window next_run as (partition by session_id, prompting_side order by run_number)
)
select
    session_id,
    row_number() over (partition by session_id order by answer_position nulls last) as response_number,
    responder_type, responder_actor_id, prompt_count,
    first_at as prompted_first_at, last_at as prompted_last_at, responded_at,
    case when responded_at >= first_at then epoch_ms(responded_at) - epoch_ms(first_at) end as wait_ms,
    case when responded_at >= last_at then epoch_ms(responded_at) - epoch_ms(last_at) end as response_ms
from followed
where is_customer_side = (prompting_side = 'customer') and (responded_at is not null or prompting_side = 'customer');

create table fct_responses as
select
    responses.session_id, response_number, responder_type,
    if(responder_type = 'end_user', sessions.messaging_user_id, responder_actor_id) as responder_id,
    prompted_first_at, prompted_last_at, prompt_count, responded_at,
    cast(wait_ms * 0.001 as decimal(18, 3)) as wait_seconds,
    cast(response_ms * 0.001 as decimal(18, 3)) as response_seconds,
    coalesce(responded_at < prompted_first_at, false) as has_clock_anomaly,
    sessions.conversation_id, sessions.channel_id, sessions.messaging_user_id, users.account_id, teams.team_id
from responses
inner join sessions using (session_id)
left join users using (messaging_user_id)
left join teams
    on
        responder_type = 'agent' and responder_actor_id = teams.agent_id
        and responded_at >= since and responded_at < until;

-- Topics and resolution cycles ----------------------------------------------------------------------------------------

create temp table topics as
select session_id, topic_id, position as set_position, removed_position
from (
    select
        *,
        min(case when event_type = 'topic_removed' then position end) over (
            partition by session_id, topic_id order by position rows between 1 following and unbounded following
        ) as removed_position
    from events
    where event_type in ('topic_added', 'topic_removed')
)
where event_type = 'topic_added';

create temp table cycles as
with points as (
    select
        *,
        event_type = 'conversation_resolved' as is_resolve,
        coalesce(lag(event_type = 'conversation_resolved') over (partition by session_id order by position), false)
            as was_resolved
    from events
    where not is_preceding and (
        opens_session or event_type in ('conversation_resolved', 'conversation_reopened')
        or (event_type = 'message_sent' and actor_type = 'end_user')
    )
),
numbered as (
    select
        *,
        1 + count(*) filter (was_resolved and not is_resolve) over (partition by session_id order by position)
            as cycle_number
    from points
)
select
    session_id, cycle_number, min(occurred_at) as opened_at,
    min(case when is_resolve then position end) as resolved_position,
    min(case when is_resolve then occurred_at end) as resolved_at,
    max(case when is_resolve then occurred_at end) as last_resolved_at,
    min_by(actor_type, position) filter (is_resolve) as resolved_by_type,
    nullif(min_by(if(actor_type = 'agent', actor_id, ''), position) filter (is_resolve), '') as resolved_by_agent_id
from numbered
group by session_id, cycle_number;

create table fct_resolutions as
with topics_then as (
    select cycles.session_id, cycle_number, max_by(topic_id, set_position) as topic_id
    from cycles
    inner join topics
        on cycles.session_id = topics.session_id and set_position < resolved_position
        and (removed_position is null or removed_position > resolved_position)
    group by cycles.session_id, cycle_number
)
select
    cycles.session_id, cycles.cycle_number, opened_at, resolved_at, resolved_by_type, resolved_by_agent_id,
    teams.team_id, topics_then.topic_id,
    cast((epoch_ms(resolved_at) - epoch_ms(opened_at)) * 0.001 as decimal(18, 3)) as resolution_seconds,
    sessions.conversation_id, sessions.channel_id, sessions.messaging_user_id, users.account_id
from cycles
inner join sessions using (session_id)
left join topics_then on cycles.session_id = topics_then.session_id and cycles.cycle_number = topics_then.cycle_number
left join users using (messaging_user_id)
left join teams on resolved_by_agent_id = teams.agent_id and resolved_at >= since and resolved_at < until;

-- Pieces of work ------------------------------------------------------------------------------------------------------

create temp table works as
select
    conversation_id, work_id,
    min_by(session_id, position) as session_id,
    coalesce(
        min(case when event_type = 'work_requested' then position end),
        min(case when event_type = 'work_assigned' then position end), min(position)
    ) as offered_position,
    min_by(occurred_at, position) filter (event_type = 'work_requested') as requested_at,
    max_by(occurred_at, position) filter (event_type = 'work_assigned') as assigned_at,
    min_by(occurred_at, position) filter (event_type = 'work_accepted') as accepted_at,
    min_by(occurred_at, position) filter (event_type = 'after_work_started') as after_work_started_at,
    min_by(occurred_at, position) filter (is_terminal) as terminal_at,
    min_by(event_type, position) filter (is_terminal) as terminal_type,
    coalesce(
        nullif(min_by(if(actor_type = 'agent', actor_id, ''), position) filter (event_type = 'work_accepted'), ''),
        max_by(assigned_agent_id, position) filter (event_type = 'work_assigned')
    ) as agent_id,
    coalesce(
        nullif(max_by(coalesce(team_id, ''), position) filter (event_type = 'work_assigned'), ''),
        nullif(min_by(coalesce(team_id, ''), position) filter (event_type = 'work_requested'), '')
    ) as named_team_id,
    cast(coalesce(
        max_by(coalesce(capacity_weight, '1'), position) filter (event_type = 'work_assigned'), '1'
    ) as decimal(18, 3)) as capacity_weight
from (
    select *, event_type in (
            'work_declined', 'work_push_timed_out', 'work_canceled', 'work_transferred', 'work_closed'
        ) as is_terminal
    from events
    where work_id is not null and (event_type = 'after_work_started' or starts_with(event_type, 'work_'))
)
group by conversation_id, work_id;

-- Sessions, and their six metrics -------------------------------------------------------------------------------------

create table fct_messaging_sessions as
with resolutions as (
    select
        session_id,
        min(resolved_at) as first_resolved_at,
        max(last_resolved_at) as last_resolved_at,
        max_by({'type': resolved_by_type, 'agent_id': resolved_by_agent_id}, cycle_number)
            filter (resolved_at is not null) as last_resolver,
        max_by(coalesce(resolved_at, timestamp '0001-01-01'), cycle_number) as last_cycle_resolved_at
    from cycles
    group by session_id
),
firsts as (
    select
        session_id,
        min(happened_at) filter (kind = 'end_user') as customer_at,
        min(position) filter (kind = 'mark') as mark_position,
        min(happened_at) filter (kind = 'mark') as mark_at,
        min(position) filter (kind = 'agent' and customer_messages > 0) as agent_position,
        min(happened_at) filter (kind = 'agent' and customer_messages > 0) as agent_at
    from turns
    group by session_id
),
first_responses as (
    select
        session_id, agent_at,
        if(mark_position < coalesce(agent_position, mark_position + 1), mark_at, customer_at) as clock_started_at
    from firsts
    where customer_at is not null
),
current_topics as (
    select session_id, max_by(topic_id, set_position) as topic_id
    from topics
    where removed_position is null
    group by session_id
),
unanswered as (
    select session_id from responses where responded_at is null
),
pending_work as (
    select distinct session_id from works
    where coalesce(requested_at, assigned_at) is not null and accepted_at is null and terminal_at is null
),
joined as (
    select
        sessions.*, account_id, first_resolved_at, last_resolved_at, last_resolver, topic_id,
        nullif(last_cycle_resolved_at, timestamp '0001-01-01') as standing_resolved_at,
        last_activity_at + interval 24 hour as inactive_at,
        session_number < max(session_number) over (partition by conversation_id)
        or getvariable('as_of') >= last_activity_at + interval 24 hour as is_silent,
        unanswered.session_id is not null as is_unanswered,
        pending_work.session_id is not null as has_pending_work,
        if(origin = 'inbound', clock_started_at, null) as clock_started_at,
        if(origin = 'inbound', agent_at, null) as agent_at
    from sessions
    inner join resolutions using (session_id)
    left join users using (messaging_user_id)
    left join first_responses using (session_id)
    left join current_topics using (session_id)
    left join unanswered using (session_id)
    left join pending_work using (session_id)
),
ended as (
    select
        *,
        coalesce(stopped_at, case when is_silent then coalesce(standing_resolved_at, inactive_at) end) as ended_at,
        case
            when stopped_at is not null then stopped_by
            when is_silent then if(standing_resolved_at is null, 'system', last_resolver.type)
        end as ended_by_type
    from joined
),
closed as (
    select *, least(first_resolved_at, ended_at) as closed_at from ended
)
select
    session_id, conversation_id, session_number, channel_id, messaging_user_id, account_id, topic_id,
    last_resolver.agent_id as resolved_by_agent_id,
    case
        when ended_at is not null then 'ended'
        when standing_resolved_at is not null then 'inactive'
        when has_pending_work or (is_unanswered and (is_handed_off or agent_message_count > 0 or bot_message_count = 0))
            then 'waiting'
        when is_pended then 'paused'
        else 'active'
    end as status,
    origin,
    case
        when agent_message_count > 0 and bot_message_count > 0 then 'bot_to_agent'
        when agent_message_count > 0 then 'agent'
        when bot_message_count > 0 then 'bot'
        else 'system'
    end as agent_type,
    ended_by_type, started_at, first_resolved_at, last_resolved_at, closed_at, ended_at,
    agent_message_count, bot_message_count, end_user_message_count,
    cast((epoch_ms(agent_at) - epoch_ms(clock_started_at)) * 0.001 as decimal(18, 3)) as first_response_seconds,
    cast((epoch_ms(first_resolved_at) - epoch_ms(started_at)) * 0.001 as decimal(18, 3)) as first_resolution_seconds,
    cast((epoch_ms(last_resolved_at) - epoch_ms(started_at)) * 0.001 as decimal(18, 3)) as resolution_seconds,
    cast((epoch_ms(ended_at) - epoch_ms(started_at)) * 0.001 as decimal(18, 3)) as duration_seconds,
    closed_at is not null and bot_message_count > 0 and agent_message_count = 0 as is_bot_resolved
from closed;

create table fct_messaging_session_metrics as
with times as (
    select
        session_id,
        2 * sum(response_ms) filter (responder_type = 'agent') as agent_twice,
        count(response_ms) filter (responder_type = 'agent') as agent_count,
        max(response_ms) filter (responder_type = 'agent') as agent_max,
        2 * sum(response_ms) filter (responder_type = 'end_user') as user_twice,
        count(response_ms) filter (responder_type = 'end_user') as user_count,
        max(response_ms) filter (responder_type = 'end_user') as user_max
    from responses
    group by session_id
),
measured as (
    select
        sessions.session_id,
        unnest([
            'agent_message_count', 'end_user_message_count', 'average_agent_response_time',
            'max_agent_response_time', 'average_end_user_response_time', 'max_end_user_response_time'
        ]) as metric_type,
        unnest([
            1000 * agent_message_count, 1000 * end_user_message_count,
            (agent_twice + agent_count) // nullif(2 * agent_count, 0), agent_max,
            (user_twice + user_count) // nullif(2 * user_count, 0), user_max
        ]) as thousandths
    from fct_messaging_sessions as sessions
    left join times using (session_id)
    where ended_at is not null
)
select session_id, metric_type, cast(thousandths * 0.001 as decimal(18, 3)) as metric_value from measured;

-- Visits: opens and acts of one agent in one conversation, until something else or a quarter of an hour ---------------

create temp table visits as
with focus_events as (
    select
        actor_id as agent_id, conversation_id, session_id, event_id, occurred_at, sort_rank,
        focus_effect != 'ends' as is_focus, event_type = 'message_sent' as is_message
    from events
    where actor_type = 'agent' and focus_effect is not null
    union all
    select agent_id, null, null, event_id, occurred_at, 90, false, false from presence
    where status in ('away', 'offline')
),
latest as (
    select
        *,
        row_number() over in_order as place,
        last_value(case when is_focus then conversation_id end ignore nulls)
            over (in_order rows between unbounded preceding and current row) as latest_conversation_id
    from focus_events
    window in_order as (partition by agent_id order by occurred_at, sort_rank, event_id)
),
neighbours as (
    select
        agent_id, conversation_id, session_id, event_id, occurred_at, is_focus, is_message, place,
        lag(if(is_focus, conversation_id, null)) over in_order as previous_focus,
        lag(occurred_at) over in_order as previous_at,
        lead(if(is_focus, conversation_id, null)) over in_order as next_focus,
        lead(occurred_at) over in_order as next_at
    from latest
    where is_focus or conversation_id is null or conversation_id = latest_conversation_id
    window in_order as (partition by agent_id order by place)
),
delimited as (
    select
        agent_id, conversation_id, session_id, event_id, occurred_at, is_message, place, next_at,
        not coalesce(previous_focus = conversation_id and occurred_at <= previous_at + interval 15 minute, false)
            as starts_visit,
        not coalesce(next_focus = conversation_id and next_at <= occurred_at + interval 15 minute, false) as ends_visit
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
        min(occurred_at) as started_at,
        max(occurred_at) + interval 15 minute as limit_at,
        any_value(next_at) filter (ends_visit) as next_at,
        count(*) filter (is_message) as message_count
    from numbered
    group by agent_id, visit_place
)
select
    * exclude (limit_at, next_at),
    if(is_idle_capped, limit_at, next_at) as ended_at
from (select *, coalesce(next_at, getvariable('as_of')) > limit_at as is_idle_capped from paired);

create table fct_visits as
select
    visit_id, visits.agent_id, visits.conversation_id, visits.session_id, started_at, ended_at, message_count,
    message_count > 0 as is_handled, is_idle_capped,
    cast(if(is_idle_capped, 900, 0) as decimal(18, 3)) as idle_tail_seconds,
    cast((epoch_ms(ended_at) - epoch_ms(started_at)) * 0.001 as decimal(18, 3)) as visit_seconds,
    sessions.channel_id, sessions.messaging_user_id, users.account_id, teams.team_id
from visits
inner join (select session_id, channel_id, messaging_user_id from sessions) as sessions using (session_id)
left join users using (messaging_user_id)
left join teams on visits.agent_id = teams.agent_id and started_at >= since and started_at < until;

-- Presence, and when it has gone stale --------------------------------------------------------------------------------

-- Within a day there is no silence longer than one, so its first and last event stand for all.
create table fct_agent_presence as
with signs as (
    select agent_id, occurred_at, event_id, status, capacity from presence
    union all
    select actor_id, unnest([min(occurred_at), max(occurred_at)]), null, null, null
    from events
    where actor_type = 'agent'
    group by actor_id, epoch_ms(occurred_at) // 86400000
),
silences as (
    select
        *,
        coalesce(lead(occurred_at) over in_order, getvariable('as_of')) > occurred_at + interval 24 hour as is_silent,
        count(event_id) over (in_order rows between unbounded preceding and current row) as presence_number
    from signs
    window in_order as (partition by agent_id order by occurred_at, event_id)
),
intervals as (
    select
        agent_id, presence_number,
        any_value(event_id) as event_id,
        any_value(status) as status,
        any_value(capacity) as capacity,
        any_value(occurred_at) filter (event_id is not null) as started_at,
        min(occurred_at) filter (is_silent) + interval 24 hour as silent_at
    from silences
    where event_id is not null or (is_silent and presence_number > 0)
    group by agent_id, presence_number
),
judged as (
    select
        *,
        if(status != 'offline', silent_at, null) as stale_at,
        lead(started_at) over (partition by agent_id order by presence_number) as next_at
    from intervals
)
select agent_id, status, started_at, coalesce(stale_at, next_at) as ended_at, capacity, event_id as presence_event_id
from judged
union all
select agent_id, 'unknown', stale_at, next_at, null, event_id from judged where stale_at is not null;

-- Work: what became of it, and how long its agent attended to it ------------------------------------------------------

create temp table concluded_works as
select
    works.*, ended_at as session_ended_at,
    terminal_at is null and accepted_at is not null and ended_at is not null as is_closed_by_session_end,
    case
        when is_closed_by_session_end then ended_at when terminal_type in ('work_closed', 'work_transferred') then terminal_at
    end as closed_at,
    row_number() over (partition by session_id order by offered_position, work_id) = 1 as is_first_work
from works
inner join (select session_id, ended_at from fct_messaging_sessions) as ends using (session_id);

create table fct_agent_work as
with attended as (
    select
        conversation_id, work_id,
        sum(least(epoch_ms(visit_ended_at), epoch_ms(closed_at)) - greatest(epoch_ms(started_at), epoch_ms(accepted_at)))
            as active_ms
    from concluded_works
    inner join (
        select
            agent_id, session_id, started_at,
            coalesce(ended_at, greatest(started_at, getvariable('as_of'))) as visit_ended_at
        from visits
    ) using (agent_id, session_id)
    where closed_at > started_at and accepted_at < visit_ended_at and closed_at >= accepted_at
    group by conversation_id, work_id
)
select
    works.conversation_id, works.work_id, session_id, works.agent_id,
    coalesce(named_team_id, teams.team_id) as team_id,
    requested_at, assigned_at, accepted_at, closed_at,
    case
        when terminal_type = 'work_push_timed_out' then 'declined_on_push_timeout'
        when terminal_type is not null then terminal_type[6:]
        when is_closed_by_session_end then 'closed'
        when accepted_at is not null then 'opened'
        when assigned_at is not null then 'assigned'
        else 'requested'
    end as status,
    capacity_weight, is_first_work, is_closed_by_session_end,
    case when accepted_at >= requested_at
        then cast((epoch_ms(accepted_at) - epoch_ms(requested_at)) * 0.001 as decimal(18, 3)) end
        as speed_to_answer_seconds,
    case when closed_at >= accepted_at
        then cast((epoch_ms(closed_at) - epoch_ms(accepted_at)) * 0.001 as decimal(18, 3)) end as work_handle_seconds,
    case when closed_at >= after_work_started_at
        then cast((epoch_ms(closed_at) - epoch_ms(after_work_started_at)) * 0.001 as decimal(18, 3)) end
        as after_work_seconds,
    case when closed_at >= accepted_at
        then cast(cast(coalesce(active_ms, 0) as bigint) * 0.001 as decimal(18, 3)) end as active_seconds
from concluded_works as works
left join attended on works.conversation_id = attended.conversation_id and works.work_id = attended.work_id
left join teams
    on works.agent_id = teams.agent_id
    and coalesce(accepted_at, assigned_at) >= since and coalesce(accepted_at, assigned_at) < until;

-- The timeline: one window over every boundary; at one instant what ends sorts before what begins ---------------------

create table fct_agent_timeline as
with presences as (
    select *, coalesce(ended_at, greatest(started_at, getvariable('as_of'))) as until_at from fct_agent_presence
),
viewed as (
    select *, coalesce(ended_at, greatest(started_at, getvariable('as_of'))) as until_at from visits
),
open_works as (
    select agent_id, accepted_at, until_at, least(capacity_weight, 1000000) as weight
    from (
        select
            *, coalesce(terminal_at, session_ended_at, greatest(accepted_at, getvariable('as_of'))) as until_at
        from concluded_works
    )
    where until_at > accepted_at and agent_id is not null
),
loads as (      -- sums over a window cost most: first over these few
    select
        agent_id, moment,
        cast(sum(sum(work)) over so_far as bigint) as work,
        cast(sum(sum(weight)) over so_far as decimal(18, 3)) as weight
    from (
        select agent_id, accepted_at as moment, 1 as work, weight from open_works
        union all
        select agent_id, until_at, -1, -weight from open_works
    )
    group by agent_id, moment
    window so_far as (partition by agent_id order by moment rows between unbounded preceding and current row)
),
spans as (
    select agent_id, min(started_at) as first_at, max(until_at) as last_at
    from (
        select agent_id, started_at, until_at from presences
        union all
        select agent_id, started_at, until_at from viewed
        union all
        select agent_id, accepted_at, until_at from open_works
    )
    group by agent_id
),
members as (
    select agent_id, team_id, greatest(since, first_at) as started_at, least(until, last_at) as until_at
    from teams
    inner join spans using (agent_id)
    where least(until, last_at) > greatest(since, first_at)
),
boundaries as (      -- null marks change nothing, '' and -1 say that there is nothing
    select
        agent_id, started_at as moment, true as is_start,
        if(until_at > started_at, status, null) as status_mark,
        if(until_at > started_at, coalesce(capacity, -1), null) as capacity_mark,
        null as conversation_mark, null as handled_mark, null as team_mark, null as work, null as weight
    from presences
    union all
    select agent_id, until_at, false, if(until_at > started_at, '', null), if(until_at > started_at, -1, null),
        null, null, null, null, null
    from presences
    union all
    select agent_id, started_at, true, null, null, if(until_at > started_at, conversation_id, null),
        if(until_at > started_at, message_count > 0, null), null, null, null
    from viewed
    union all
    select agent_id, until_at, false, null, null, if(until_at > started_at, '', null),
        if(until_at > started_at, false, null), null, null, null
    from viewed
    union all
    select agent_id, started_at, true, null, null, null, null, team_id, null, null from members
    union all
    select agent_id, until_at, false, null, null, null, null, '', null, null from members
    union all
    select agent_id, moment, true, null, null, null, null, null, work, weight from loads
),
swept as (
    select
        agent_id, moment as started_at,
        lead(moment) over in_order as ended_at,
        last_value(status_mark ignore nulls) over so_far as status_mark,
        last_value(capacity_mark ignore nulls) over so_far as capacity_mark,
        last_value(conversation_mark ignore nulls) over so_far as conversation_mark,
        last_value(handled_mark ignore nulls) over so_far as handled_mark,
        last_value(team_mark ignore nulls) over so_far as team_mark,
        last_value(work ignore nulls) over so_far as work,
        last_value(weight ignore nulls) over so_far as weight
    from boundaries
    window
        in_order as (partition by agent_id order by moment, is_start),
        so_far as (in_order rows between unbounded preceding and current row)
)
select
    agent_id, nullif(team_mark, '') as team_id, started_at, ended_at,
    nullif(status_mark, '') as status,
    nullif(status_mark, '') in ('available', 'busy', 'away') as is_online,
    nullif(status_mark, '') = 'available' as is_available,
    nullif(conversation_mark, '') as conversation_id,
    coalesce(handled_mark, false) as is_handled,
    coalesce(work, 0) as open_work_count,
    coalesce(weight, 0) as open_work_weight,
    nullif(capacity_mark, -1) as capacity
from swept
where ended_at > started_at;
