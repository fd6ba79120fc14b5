-- Grain: one row per session of which the platform reports what the warehouse makes of messages: what was said last.
with

reports as (
    select * from {{ ref('int_conversation_events_sessionized') }}
    where is_figure_report and work_id is null
),

last_reports as (
    select
        session_id,
        {%- for figure in ['agent_type'] + session_metric_types() %}
        max_by(reported_value, case when figure = '{{ figure }}' then position_in_conversation end) as {{ figure }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from reports
    group by session_id
),

final as (
    select
        session_id,
        case when agent_type in ('agent', 'bot', 'bot_to_agent', 'system') then agent_type end as agent_type,
        {%- for metric_type in session_metric_types() %}
        {{ figure_as_number(metric_type) }} as {{ metric_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    from last_reports
)

select * from final
