{#
    The two performance marts, by day and either `agent` or `team` (of the moment): the same figures out of the same
    facts, each on its own day, so that the two cannot drift apart. `fact`, `day`, who did it (`agent`), their team, the
    rows that count, and the metrics that the fact gives.
#}
{% macro performance_facts() %}
    {{ return([
        {
            'name': 'agent_time', 'fact': ref('fct_agent_days'), 'day': 'activity_date', 'agent': 'agent_id',
            'team': 'team_id', 'where': 'is_active', 'counts': ['online_agent_count'], 'metrics': [
                'online_seconds', 'available_seconds', 'availability_rate', 'away_seconds', 'unknown_seconds',
                'working_seconds',
                'handle_working_seconds', 'utilisation_rate', 'occupied_seconds', 'occupancy_rate', 'open_work_seconds',
                'concurrency', 'open_weight_seconds', 'capacity_seconds', 'capacity_utilisation_rate'
            ]
        },
        {
            'name': 'handling', 'fact': ref('fct_agent_session_days'), 'day': 'activity_date', 'agent': 'agent_id',
            'team': 'team_id', 'where': 'not is_test_channel',
            'counts': ['handled_session_count', 'handle_seconds', 'viewed_session_count', 'viewing_seconds'], 'metrics': [
                'average_handle_seconds', 'p50_handle_seconds', 'p90_handle_seconds', 'p95_handle_seconds',
                'p50_viewing_seconds', 'p90_viewing_seconds', 'p95_viewing_seconds'
            ]
        },
        {
            'name': 'messages', 'fact': ref('fct_messages'), 'day': 'sent_date', 'agent': 'agent_id', 'team': 'team_id',
            'where': 'not is_test_channel', 'counts': ['agent_message_count'], 'metrics': []
        },
        {
            'name': 'responses', 'fact': ref('fct_responses'), 'day': 'responded_date', 'agent': 'agent_id',
            'team': 'team_id', 'where': 'not is_test_channel', 'counts': ['agent_response_count'], 'metrics': [
                'agent_response_sum_seconds', 'average_agent_response_seconds', 'p50_agent_response_seconds',
                'p90_agent_response_seconds', 'p95_agent_response_seconds', 'max_agent_response_seconds',
                'agent_wait_sum_seconds', 'average_agent_wait_seconds', 'p50_agent_wait_seconds',
                'p90_agent_wait_seconds', 'p95_agent_wait_seconds'
            ]
        },
        {
            'name': 'first_responses', 'fact': ref('fct_messaging_sessions'), 'day': 'first_responded_date',
            'agent': 'first_response_agent_id', 'team': 'first_response_team_id', 'where': 'not is_test_channel',
            'counts': ['first_response_count'], 'metrics': [
                'first_response_sum_seconds', 'average_first_response_seconds', 'p50_first_response_seconds',
                'p90_first_response_seconds', 'p95_first_response_seconds'
            ]
        },
        {
            'name': 'resolutions', 'fact': ref('fct_resolutions'), 'day': 'resolved_date',
            'agent': 'resolved_by_agent_id', 'team': 'team_id', 'where': 'not is_test_channel',
            'counts': ['resolution_count', 'resolved_session_count'], 'metrics': []
        },
        {
            'name': 'assigned_work', 'fact': ref('fct_agent_work'), 'day': 'assigned_date', 'agent': 'agent_id',
            'team': 'agent_team_id', 'where': 'not is_test_channel', 'counts': ['assigned_work_count'], 'metrics': []
        },
        {
            'name': 'accepted_work', 'fact': ref('fct_agent_work'), 'day': 'accepted_date', 'agent': 'agent_id',
            'team': 'agent_team_id', 'where': 'not is_test_channel',
            'counts': ['accepted_work_count', 'speed_to_answer_count'], 'metrics': [
                'speed_to_answer_sum_seconds', 'average_speed_to_answer_seconds', 'p50_speed_to_answer_seconds',
                'p90_speed_to_answer_seconds', 'p95_speed_to_answer_seconds'
            ]
        },
        {
            'name': 'refused_work', 'fact': ref('fct_agent_work'), 'day': 'terminal_date',
            'agent': 'terminal_agent_id', 'team': 'terminal_team_id', 'where': 'not is_test_channel',
            'counts': ['declined_work_count', 'timed_out_work_count', 'transferred_work_count'], 'metrics': []
        },
        {
            'name': 'closed_work', 'fact': ref('fct_agent_work'), 'day': 'closed_date', 'agent': 'agent_id',
            'team': 'agent_team_id', 'where': 'not is_test_channel',
            'counts': ['closed_work_count', 'work_handle_count', 'after_work_count'], 'metrics': [
                'work_handle_sum_seconds', 'average_work_handle_seconds', 'p50_work_handle_seconds',
                'p90_work_handle_seconds', 'p95_work_handle_seconds', 'after_work_sum_seconds',
                'average_after_work_seconds', 'p50_after_work_seconds', 'p90_after_work_seconds',
                'p95_after_work_seconds', 'active_sum_seconds', 'average_active_seconds', 'p50_active_seconds',
                'p90_active_seconds', 'p95_active_seconds'
            ]
        },
        {
            'name': 'unrecorded', 'fact': ref('fct_unrecorded_days'), 'day': 'activity_date', 'agent': 'agent_id',
            'team': 'team_id', 'where': 'not is_test_channel', 'counts': ['unrecorded_session_count'], 'metrics': [],
            'is_beside': true
        },
    ]) }}
{% endmacro %}


{# `by`: agent or team. What agents did counts for the agent, or for the team that the agent was in at that moment. #}
{% macro performance_by_day(by) %}
{%- set parts = [] -%}
{%- for fact in performance_facts() -%}
    {%- set who = fact.agent if by == 'agent' else id_or_none(fact.team) -%}
    {%- do parts.append(dict(
        fact, by={'activity_date': fact.day, by ~ '_id': who},
        where=fact.agent ~ ' is not null and ' ~ fact.day ~ ' is not null and ' ~ fact.where
    )) -%}
{%- endfor -%}
with

{{ figures_side_by_side(parts) }},

names as (
    select * from {{ ref('dim_agents') if by == 'agent' else ref('dim_teams') }}
),

final as (
    select
        joined.activity_date,
        joined.{{ by }}_id,
        names.{{ by }}_name
        {{- joined_figures(parts, 'work') }}
    from joined
    left join names using ({{ by }}_id)
)

select * from final
{{ in_order_of('activity_date') }}
{% endmacro %}
