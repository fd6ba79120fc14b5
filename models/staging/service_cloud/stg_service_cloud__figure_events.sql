-- Grain: one row per figure that the platform has computed of an ended session, or of a human's piece of work.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions') }}
),

agent_work as (
    select * from {{ ref('stg_service_cloud__agent_work') }}
    where not is_bot_work
),

spans as (
    select * from {{ ref('stg_service_cloud__messaging_session_spans') }}
),

of_sessions as (      -- what there is of a session is reported at its end
    {%- for figure, value in {
        'agent_message_count': figure_text('agent_message_count'),
        'end_user_message_count': figure_text('end_user_message_count'),
        'agent_type': session_agent_type('agent_type'),
        'ended_by_type': session_ender('ended_by_type'),
    }.items() %}
    select
        messaging_session_id,
        messaging_session_id || ':{{ figure }}' as event_id,
        '{{ figure }}' as figure,
        {{ value }} as reported_value,
        messaging_session_id is not null as is_of_a_session
    from sessions
    union all
    {%- endfor %}
    select
        messaging_session_id,
        messaging_session_metric_id || ':reported' as event_id,
        {{ words_of_name('metric_type') }} as figure,
        {{ figure_text('metric_value') }} as reported_value,
        {{ where_there_are('MessagingSessionMetrics', ['messagingsessionid'], 'true') }} as is_of_a_session
    from {{ ref('stg_service_cloud__messaging_session_metrics') }}
),

of_work as (
    {%- for figure, value, moment in [
        ('speed_to_answer_seconds', 'speed_to_answer_seconds', 'accepted_at'),
        ('work_handle_seconds', 'handle_seconds', 'closed_at'),
        ('active_seconds', 'active_seconds', 'closed_at'),
        ('after_work_seconds', 'after_work_seconds', 'closed_at'),
    ] %}
    select
        messaging_session_id,
        agent_work_id || ':{{ figure }}' as event_id,
        '{{ figure }}' as figure,
        {{ figure_text(value) }} as reported_value,
        {{ is_work_on_a_session('messaging_session_id') }} as is_of_a_session,
        agent_work_id as work_id,
        {{ moment }} as reported_at
    from agent_work
    where {{ moment }} is not null or status in ('Closed', 'Transferred')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

reported as (
    select * from of_work
    union all by name
    select * from of_sessions
),

timed as (      -- what is of a session that is not there, or has ended nobody knows when, is told to be rejected
    select
        reported.* replace (coalesce(reported.reported_at, spans.ended_at) as reported_at),
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        spans.messaging_session_id is null
        or {{ where_there_are('MessagingSession', ['endtime'], "coalesce(spans.status = 'Ended', false)") }}
            as is_to_be_told
    from reported
    left join spans on reported.messaging_session_id = spans.messaging_session_id
    where reported.reported_value is not null and (spans.messaging_session_id is not null or reported.is_of_a_session)
),

final as (
    {{ event_out_of(
        'timed', 'event_id', none, 'figure_reported', 'reported_at', "'system'",
        payload={'figure': 'figure', 'value': 'reported_value', 'work_id': 'work_id'},
        condition='reported_at is not null or is_to_be_told or work_id is not null'
    ) }}
)

select * from final
