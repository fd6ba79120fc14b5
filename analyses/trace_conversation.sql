-- What happened in one conversation, event by event, and which number came of which event?
-- Source: messaging metrics guide, "Conversation Event Flow": a timeline of every event, and what is read out of it.
-- Mart: none.
-- Answer: every accepted event of the conversation in total order. `begins` names what it began, `concludes` what it
-- concluded, with all its numbers under the names of their columns. What no event concludes, because silence ended it
-- or it is still open, stands at the session's last event, as do the session's topics and its six session metrics. Of
-- a message only the length of its text is shown.
-- Period: the whole conversation that `--vars '{conversation_id: …}'` names; by default a transfer of the demo.
-- Null: the text of what is no message or has none; what an event neither starts nor ends.
{# Facts in the order in which an event tells of them: the CTE, its event, the fact's name and key, what to tell. -#}
{%- set started = [
    ('sessions', 'opened_event_id', 'session', 'session_id', ['origin']),
    ('responses', 'prompted_first_event_id', 'response', 'response_number', []),
    ('visits', 'visit_id', 'visit', 'visit_id', ['agent_id', 'team_id']),
    ('works', 'first_event_id', 'work', 'work_id', ['work_reason']),
    ('cycles', 'opened_event_id', 'cycle', 'cycle_number', []),
    ('surveys', 'requested_event_id', 'survey', 'survey_id', []),
] -%}
{%- set ended = [
    ('messages', 'event_id', 'message', 'message_id', [
        'delivery_status', 'delivery_seconds', 'read_seconds', 'known_emoji_count', 'emoji_sentiment_score'
    ]),
    ('responses', 'concluding_event_id', 'response', 'response_number', [
        'responder_type', 'responder_id', 'prompt_count', 'wait_seconds', 'response_seconds', 'wait_business_seconds',
        'response_business_seconds'
    ]),
    ('sessions', 'first_response_event_id', 'first response of', 'session_id', [
        'first_response_started_at', 'first_response_seconds', 'first_response_business_seconds'
    ]),
    ('visits', 'concluding_event_id', 'visit', 'visit_id', [
        'ended_at', 'is_handled', 'is_idle_capped', 'event_count', 'message_count', 'visit_seconds', 'idle_tail_seconds'
    ]),
    ('works', 'accepted_event_id', 'offer of work', 'work_id', ['agent_id', 'team_id', 'speed_to_answer_seconds']),
    ('works', 'concluding_event_id', 'work', 'work_id', [
        'status', 'closed_at', 'capacity_weight', 'work_handle_seconds', 'after_work_seconds', 'active_seconds'
    ]),
    ('cycles', 'concluding_event_id', 'cycle', 'cycle_number', [
        'resolved_by_type', 'resolved_by_agent_id', 'topic_id', 'resolution_seconds', 'resolution_business_seconds'
    ]),
    ('outcomes', 'concluding_event_id', 'service level', 'policy_id', [
        'metric', 'response_number', 'sla_status', 'started_at', 'due_at', 'clock', 'elapsed_seconds', 'target_seconds'
    ]),
    ('surveys', 'concluding_event_id', 'survey', 'survey_id', [
        'score', 'scale_max', 'is_valid', 'is_satisfied', 'agent_id', 'team_id', 'answer_seconds'
    ]),
    ('topics', 'concluding_event_id', 'topic', 'topic_id', [
        'first_set_by_type', 'first_set_at', 'last_set_at', 'set_count', 'is_still_set', 'is_session_topic'
    ]),
    ('session_metrics', 'concluding_event_id', 'session metric', 'metric_type', ['metric_value']),
    ('sessions', 'concluding_event_id', 'session', 'session_id', [
        'session_number', 'status', 'ended_by_type', 'ended_at', 'agent_type', 'topic_id', 'event_count',
        'agent_message_count', 'bot_message_count', 'end_user_message_count', 'cycle_count', 'scored_message_count',
        'emoji_sentiment_score', 'emoji_sentiment_shift', 'emoji_sentiment_label', 'duration_seconds',
        'first_resolution_seconds', 'first_resolution_business_seconds', 'resolution_seconds',
        'resolution_business_seconds', 'handle_seconds', 'viewing_seconds', 'attended_seconds', 'served_seconds'
    ]),
] -%}
with

events as (
    select * from {{ ref('fct_conversation_events') }}
    where conversation_id = {{ dbt.string_literal(dbt.escape_single_quotes(var('conversation_id', 'transferred'))) }}
),

last_events as (
    select
        session_id,
        max_by(event_id, position_in_session) as last_event_id
    from events
    group by session_id
),

sessions as (
    select
        *,
        coalesce(conversation_ended_event_id, last_event_id) as concluding_event_id
    from {{ ref('fct_messaging_sessions') }}
    inner join last_events using (session_id)
),

messages as (
    select messages.*
    from {{ ref('fct_messages') }} as messages
    inner join last_events using (session_id)
),

responses as (
    select
        responses.*,
        coalesce(responses.responded_event_id, sessions.concluding_event_id) as concluding_event_id
    from {{ ref('fct_responses') }} as responses
    inner join sessions using (session_id)
),

visits as (      -- what ends a visit is often an event of another conversation
    select
        visits.*,
        coalesce(events.event_id, visits.last_event_id) as concluding_event_id
    from {{ ref('fct_visits') }} as visits
    inner join last_events using (session_id)
    left join events on visits.ended_event_id = events.event_id
),

works as (
    select
        works.*,
        coalesce(works.requested_event_id, works.assigned_event_id, works.accepted_event_id, works.terminal_event_id)
            as first_event_id,
        coalesce(works.terminal_event_id, sessions.concluding_event_id) as concluding_event_id
    from {{ ref('fct_agent_work') }} as works
    inner join sessions using (session_id)
),

cycles as (
    select
        resolutions.*,
        coalesce(resolutions.resolved_event_id, sessions.concluding_event_id) as concluding_event_id
    from {{ ref('fct_resolutions') }} as resolutions
    inner join sessions using (session_id)
),

outcomes as (
    select
        outcomes.*,
        coalesce(outcomes.stopped_event_id, sessions.concluding_event_id) as concluding_event_id
    from {{ ref('fct_sla_outcomes') }} as outcomes
    inner join sessions using (session_id)
),

surveys as (
    select
        surveys.*,
        coalesce(surveys.responded_event_id, sessions.concluding_event_id) as concluding_event_id
    from {{ ref('fct_csat_responses') }} as surveys
    inner join sessions using (session_id)
),

topics as (
    select
        topics.*,
        sessions.concluding_event_id
    from {{ ref('fct_session_topics') }} as topics
    inner join sessions using (session_id)
),

session_metrics as (
    select
        metrics.*,
        sessions.concluding_event_id
    from {{ ref('fct_messaging_session_metrics') }} as metrics
    inner join sessions using (session_id)
),

facts as (      -- one row per fact and event that starts or ends it
    {%- for cte, event_id, fact, key, columns in started + ended %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        {{ event_id }} as event_id,
        {{ loop.index }} as fact_rank,
        {{ loop.index > started | length }} as is_ended,
        concat_ws(': ', '{{ fact }} ' || {{ key }}{% if columns %}, {{ named_values(columns) }}{% endif %}) as told
    from {{ cte }}
    {%- endfor %}
),

facts_by_event as (
    select
        event_id,
        string_agg(told, '; ' order by fact_rank asc, told asc) filter (where not is_ended) as begins,
        string_agg(told, '; ' order by fact_rank asc, told asc) filter (where is_ended) as concludes
    from facts
    group by event_id
)

select
    events.position_in_conversation,
    events.session_id,
    events.event_id,
    events.occurred_at,
    events.event_type,
    events.actor_type,
    coalesce(events.actor_id, case when events.actor_type = 'end_user' then events.messaging_user_id end) as actor_id,
    length(messages.message_text) as text_length,
    facts_by_event.begins,
    facts_by_event.concludes
from events
left join messages using (event_id)
left join facts_by_event using (event_id)
order by events.position_in_conversation asc
