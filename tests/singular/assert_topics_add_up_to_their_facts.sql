-- Each row of the topic mart says of its day, topic and channel what the facts without test channels say. Where topics
-- are not recorded there is none.
{%- set facts = {
    'fct_messaging_sessions': [
        ('started_date', {
            'session_count': 'count(*)', 'inbound_session_count': "count(case origin when 'inbound' then 1 end)",
            'ended_session_count': 'count(ended_at)', 'closed_session_count': 'count(closed_at)',
            'abandoned_session_count': 'count(case when is_abandoned then 1 end)',
            'repeat_contact_session_count': 'count(case when is_repeat_contact then 1 end)',
            'reopened_session_count': 'count(case when cycle_count > 1 then ended_at end)',
        }),
        ('first_responded_date', {
            'first_response_count': 'count(first_response_seconds)',
            'first_response_sum_seconds': 'sum(first_response_seconds)',
        }),
    ],
    'fct_agent_session_days': [('activity_date', {'handle_seconds': 'sum(handle_seconds)'})],
    'fct_resolutions': [
        ('resolved_date', {'resolution_count': 'count(*)', 'resolution_sum_seconds': 'sum(resolution_seconds)'}),
    ],
    'fct_csat_responses': [
        ('responded_date', {
            'answered_survey_count': 'count(*)',
            'valid_survey_count': 'count(case when score between 0 and scale_max then 1 end)',
            'satisfied_survey_count': 'count(case when is_satisfied then 1 end)',
        }),
    ],
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
        {{ id_or_none('topic_id') }} as topic_id,
        {{ channel_or_none() }} as channel_id,
        {{- figures_or_null(figures, expressions) }}
    from {{ ref(fact) }}
    where {{ day }} is not null and not is_test_channel and {{ is_recorded('topics') }}
    group by all
    {%- endfor %}
    {%- endfor %}
),

expected as (
    select
        activity_date,
        topic_id,
        channel_id,
        {{- sums(figures) }}
    from told_by_facts
    group by activity_date, topic_id, channel_id
)

select
    activity_date,
    topic_id,
    channel_id
from expected
full join {{ ref('mart_topic_by_day') }} as found using (activity_date, topic_id, channel_id)
where
    {%- for figure in figures %}
    nullif(found.{{ figure }}, 0) is distinct from nullif(expected.{{ figure }}, 0) or
    {%- endfor %}
    {%- for rate, (part, whole) in {
        'csat_rate': ('satisfied_survey_count', 'valid_survey_count'),
        'abandonment_rate': ('abandoned_session_count', 'recorded_ended_inbound_session_count'),
        'reopen_rate': ('reopened_session_count', 'ended_session_count'),
        'transfer_rate': ('transferred_session_count', 'ended_session_count'),
        'bot_resolved_rate': ('bot_resolved_session_count', 'recorded_closed_session_count'),
        'repeat_contact_rate': ('repeat_contact_session_count', 'inbound_session_count'),
    }.items() %}
    {#- Of the sessions whose messages are recorded none is 0, whatever the count says where there are others beside. #}
    {%- set counted = 'coalesce(found.' ~ part ~ ', 0)' if whole.startswith('recorded_') else 'found.' ~ part %}
    found.{{ rate }} is distinct from {{ counted }} / nullif(cast(found.{{ whole }} as double), 0) or
    {%- endfor %}
    found.average_handle_seconds * found.handled_session_count - found.handle_seconds
    not between -0.0005 * found.handled_session_count and 0.0005 * found.handled_session_count      -- half up at 1 ms
