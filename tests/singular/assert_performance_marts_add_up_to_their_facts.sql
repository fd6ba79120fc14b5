-- Each row of the performance marts says of its agent, or team, and day what the facts without test channels say: every
-- sum and count, and every ratio of them.
{%- set facts = {
    'fct_agent_days': [
        ('activity_date', 'agent_id', 'team_id', 'is_active', {
            'online_seconds': 'sum(online_seconds)', 'available_seconds': 'sum(available_seconds)',
            'away_seconds': 'sum(away_seconds)', 'unknown_seconds': 'sum(unknown_seconds)',
            'working_seconds': 'sum(working_seconds)', 'handle_working_seconds': 'sum(handle_working_seconds)',
            'occupied_seconds': 'sum(occupied_seconds)', 'open_work_seconds': 'sum(open_work_seconds)',
            'open_weight_seconds': 'sum(open_weight_seconds)', 'capacity_seconds': 'sum(capacity_seconds)',
            'handle_seconds': 'nullif(sum(handle_seconds), 0)', 'viewing_seconds': 'nullif(sum(viewing_seconds), 0)',
        }),
    ],
    'fct_messages': [
        ('sent_date', 'agent_id', 'team_id', 'not is_test_channel', {'agent_message_count': 'nullif(count(*), 0)'}),
    ],
    'fct_responses': [
        ('responded_date', 'agent_id', 'team_id', 'not is_test_channel', {
            'agent_response_count': 'nullif(count(response_seconds), 0)',
            'agent_response_sum_seconds': 'sum(response_seconds)', 'agent_wait_sum_seconds': 'sum(wait_seconds)',
            'max_agent_response_seconds': 'max(response_seconds)',
        }),
    ],
    'fct_messaging_sessions': [
        ('first_responded_date', 'first_response_agent_id', 'first_response_team_id', 'not is_test_channel', {
            'first_response_count': 'nullif(count(first_response_seconds), 0)',
            'first_response_sum_seconds': 'sum(first_response_seconds)',
        }),
    ],
    'fct_resolutions': [
        ('resolved_date', 'resolved_by_agent_id', 'team_id', 'not is_test_channel', {
            'resolution_count': 'nullif(count(*), 0)', 'resolved_session_count': 'nullif(count(distinct session_id), 0)',
        }),
    ],
    'fct_agent_work': [
        ('accepted_date', 'agent_id', 'agent_team_id', 'not is_test_channel', {
            'accepted_work_count': 'nullif(count(*), 0)',
            'speed_to_answer_sum_seconds': 'sum(speed_to_answer_seconds)',
        }),
        ('terminal_date', 'terminal_agent_id', 'terminal_team_id', 'not is_test_channel', {
            'declined_work_count': "nullif(count(case when status = 'declined' then 1 end), 0)",
            'timed_out_work_count': "nullif(count(case when status = 'declined_on_push_timeout' then 1 end), 0)",
            'transferred_work_count': "nullif(count(case when status = 'transferred' then 1 end), 0)",
        }),
        ('closed_date', 'agent_id', 'agent_team_id', 'not is_test_channel', {
            'closed_work_count': 'nullif(count(*), 0)', 'work_handle_sum_seconds': 'sum(work_handle_seconds)',
            'after_work_sum_seconds': 'sum(after_work_seconds)', 'active_sum_seconds': 'sum(active_seconds)',
        }),
    ],
} %}
{%- set figures = facts.values() | sum(start=[]) | map(attribute=4) | map('list') | sum(start=[]) %}
with

told_by_facts as (
    {%- for by in ['agent', 'team'] %}
    {%- set first_of_by = loop.first %}
    {%- for fact, parts in facts.items() %}
    {%- set first_of_fact = loop.first %}
    {%- for day, agent, team, rows, expressions in parts %}
    {%- if not (first_of_by and first_of_fact and loop.first) %}
    union all
    {%- endif %}
    select
        '{{ by }}' as told_by,
        {{ day }} as activity_date,
        {{ agent if by == 'agent' else id_or_none(team) }} as id,
        {{- figures_or_null(figures, expressions) }}
    from {{ ref(fact) }}
    where
        {{ agent }} is not null
        and {{ day }} is not null
        and {{ rows }}
    group by all
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
),

expected as (
    select
        told_by,
        activity_date,
        id,
        {{- sums(figures) }}
    from told_by_facts
    group by told_by, activity_date, id
),

found as (
    {%- for by in ['agent', 'team'] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        '{{ by }}' as told_by,
        {{ by }}_id as id,
        * exclude ({{ by }}_id, {{ by }}_name)
    from {{ ref('mart_' ~ by ~ '_by_day') }}
    {%- endfor %}
)

select
    told_by,
    activity_date,
    id
from expected
full join found using (told_by, activity_date, id)
where
    {%- for figure in figures %}
    nullif(found.{{ figure }}, 0) is distinct from nullif(expected.{{ figure }}, 0) or
    {%- endfor %}
    {%- for rate, (part, whole) in {
        'utilisation_rate': ('handle_working_seconds', 'working_seconds'),
        'occupancy_rate': ('occupied_seconds', 'online_seconds'),
        'availability_rate': ('available_seconds', 'online_seconds'),
        'concurrency': ('open_work_seconds', 'occupied_seconds'),
        'capacity_utilisation_rate': ('open_weight_seconds', 'capacity_seconds'),
    }.items() %}
    found.{{ rate }} is distinct from cast(found.{{ part }} as double) / nullif(cast(found.{{ whole }} as double), 0) or
    {%- endfor %}
    found.average_handle_seconds * found.handled_session_count - found.handle_seconds
    not between -0.0005 * found.handled_session_count and 0.0005 * found.handled_session_count      -- half up at 1 ms
