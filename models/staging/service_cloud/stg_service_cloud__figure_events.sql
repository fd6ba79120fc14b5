-- Grain: one row per figure that the platform has computed of an ended session, or of a human's piece of work.
with

spans as (
    select * from {{ ref('stg_service_cloud__messaging_session_spans') }}
    where ended_at is not null
),

sessions as (
    select
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        spans.ended_at,
        sessions.messaging_session_id,
        sessions.agent_message_count,
        sessions.end_user_message_count,
        {{ session_agent_type('sessions.agent_type') }} as agent_type,
        {{ session_ender('sessions.ended_by_type') }} as ended_by_type
    from {{ ref('stg_service_cloud__messaging_sessions') }} as sessions
    inner join spans using (messaging_session_id)
),

metrics as (
    select
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        spans.ended_at,
        metrics.messaging_session_metric_id,
        metrics.metric_value,
        {{ words_of_name('metrics.metric_type') }} as figure
    from {{ ref('stg_service_cloud__messaging_session_metrics') }} as metrics
    inner join spans using (messaging_session_id)
),

agent_work as (
    select
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        records.*
    from {{ ref('stg_service_cloud__agent_work') }} as records
    inner join {{ ref('stg_service_cloud__messaging_session_spans') }} as spans using (messaging_session_id)
    where not records.is_bot_work
),

final as (
    {%- for figure in ['agent_message_count', 'end_user_message_count', 'agent_type', 'ended_by_type'] %}
    {{ figure_event('sessions', 'messaging_session_id', figure, figure, 'ended_at') }}
    union all
    {%- endfor %}
    {{ event_out_of(
        'metrics', 'messaging_session_metric_id', 'reported', 'figure_reported', 'ended_at', "'system'",
        payload={'figure': 'figure', 'value': figure_text('metric_value')}, condition='metric_value is not null'
    ) }}
    {%- for figure, value, moment in [
        ('speed_to_answer_seconds', 'speed_to_answer_seconds', 'accepted_at'),
        ('work_handle_seconds', 'handle_seconds', 'closed_at'),
        ('active_seconds', 'active_seconds', 'closed_at'),
        ('after_work_seconds', 'after_work_seconds', 'closed_at'),
    ] %}
    union all
    {{ figure_event('agent_work', 'agent_work_id', figure, value, moment, work_id='agent_work_id') }}
    {%- endfor %}
)

select * from final
