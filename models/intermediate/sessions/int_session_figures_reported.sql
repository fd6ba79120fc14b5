-- Grain: one row per session of which the platform reports what the warehouse makes of messages: what was said last.
with

reports as (
    select * from {{ ref('int_conversation_events_sessionized') }}
    where is_figure_report and work_id is null
),

last_reports as (
    select
        session_id,
        {{- reported_last(['agent_type'] + session_metric_types()) }}
    from reports
    group by session_id
),

final as (
    select
        session_id,
        {{- as_numbers(session_metric_types()) }},
        case when agent_type in ('agent', 'bot', 'bot_to_agent', 'system') then agent_type end as agent_type
    from last_reports
)

select * from final
