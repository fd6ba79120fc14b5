-- The hours of a day and channel have together what the facts tell of that day: nothing lost at an edge, or twice.
{%- set facts = {
    'fct_messaging_sessions': [
        ('started_date', {
            'session_count': 'count(*)', 'inbound_session_count': "count(case origin when 'inbound' then 1 end)",
        }),
        ('first_responded_date', {'first_response_count': 'count(first_response_seconds)'}),
        ('closed_date', {'session_close_count': 'count(*)'}),
        ('ended_date', {'session_end_count': 'count(*)'}),
    ],
    'fct_messages': [
        ('sent_date', {
            'end_user_message_count': "count(case actor_type when 'end_user' then 1 end)",
            'agent_message_count': 'count(agent_id)',
        }),
    ],
    'fct_resolutions': [('resolved_date', {'resolution_count': 'count(*)'})],
    'fct_agent_session_days': [('activity_date', {'handle_seconds': 'sum(handle_seconds)'})],
} %}
{%- set figures = facts.values() | sum(start=[]) | map(attribute=1) | map('list') | sum(start=[]) %}
with

told_by_facts as (
    {%- for fact, parts in facts.items() %}
    {%- set first_fact = loop.first %}
    {%- for day, expressions in parts %}
    {%- if not (first_fact and loop.first) %}
    union all
    {%- endif %}
    select
        {{ day }} as activity_date,
        {{ channel_or_none() }} as channel_id,
        {{- figures_or_null(figures, expressions) }}
    from {{ ref(fact) }}
    where {{ day }} is not null and not is_test_channel
    group by all
    {%- endfor %}
    {%- endfor %}
),

expected as (
    select
        activity_date,
        channel_id,
        {{- sums(figures) }}
    from told_by_facts
    group by activity_date, channel_id
),

found as (
    select
        activity_date,
        channel_id,
        {{- sums(figures) }}
    from {{ ref('mart_workload_by_hour') }}
    group by activity_date, channel_id
)

select
    activity_date,
    channel_id
from expected
full join found using (activity_date, channel_id)
where
    {%- for figure in figures[1:] %}
    nullif(found.{{ figure }}, 0) is distinct from nullif(expected.{{ figure }}, 0) or
    {%- endfor %}
    nullif(found.session_count, 0) is distinct from nullif(expected.session_count, 0)
