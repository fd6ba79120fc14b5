-- Grain: one row per ended session and metric type: six rows a session.
with

sessions as (
    select * from {{ of_touched_conversations(ref('fct_messaging_sessions')) }}
    where is_ended
),

response_times as (
    select
        session_id,
        responder_type,
        {{ mean_seconds('sum(response_seconds)', 'count(response_seconds)') }} as average_response_time,
        max(response_seconds) as max_response_time
    from {{ of_touched_conversations(ref('fct_responses')) }}
    where is_answered
    group by session_id, responder_type
),

reported as {{ inlined() }} (
    -- Where a session's messages are not recorded the platform's own figures stand, and are marked.
    select * from {{ ref('int_session_figures_reported') }}
),

measured as (
    select
        sessions.*,
        agents.average_response_time as average_agent_response_time,
        agents.max_response_time as max_agent_response_time,
        end_users.average_response_time as average_end_user_response_time,
        end_users.max_response_time as max_end_user_response_time
    from sessions
    left join response_times as agents
        on sessions.session_id = agents.session_id and agents.responder_type = 'agent'
    left join response_times as end_users
        on sessions.session_id = end_users.session_id and end_users.responder_type = 'end_user'
),

final as (
    {%- for metric_type in session_metric_types() %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        measured.session_id,
        '{{ metric_type }}' as metric_type,
        measured.conversation_id,
        measured.channel_id,
        measured.messaging_user_id,
        measured.account_id,
        measured.started_date,
        {{ ours_else_reported(metric_type) }} as metric_value,
        {{ ours_else_reported(metric_type) }} is not null as has_value,
        not measured.are_messages_recorded and reported.{{ metric_type }} is not null as is_reported,
        measured.is_test_channel
    from measured
    left join reported using (session_id)
    {%- endfor %}
)

select * from final
order by started_date
