-- Grain: one row per period type, period and channel, and one for all channels together (channel_id '(all)').
{%- set added_up = [
    {'name': 'messages', 'fact': ref('fct_messages'), 'day': 'sent_date', 'metric': 'proactive_messages'},
    {'name': 'sessions', 'fact': ref('fct_messaging_sessions'), 'day': 'closed_date', 'metric': 'closed_conversations'},
] %}
{%- set distinct = [
    {
        'name': 'contacts', 'fact': ref('fct_contact_days'), 'day': 'sent_date',
        'metrics': ['unique_contacts', 'active_agents']
    },
    {
        'name': 'unrecorded', 'fact': ref('fct_unrecorded_days'), 'day': 'activity_date',
        'metrics': ['unrecorded_session_count']
    },
] %}
with

periods as (
    {%- for period_type in period_types() %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        date_day,
        '{{ period_type }}' as period_type,
        {{ first_day_of(period_type, 'date_day') }} as period_start
    from {{ ref('dim_dates') }}
    where {{ in_touched_days('date_day', period_type) }}
    {%- endfor %}
),
{% for part in added_up %}
{{ part.name }}_by_day as (
    select
        {{ part.day }} as date_day,
        {{ channel_or_none() }} as channel,
        {{ metric(part.metric) }} as {{ part.metric }}
    from {{ part.fact }}
    where not is_test_channel and {{ part.day }} in (select date_day from periods)
    group by all
),
{% endfor %}
days as (
    {%- for channel in ['channel', "'(all)'"] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        * exclude (channel),
        {{ channel }} as channel_id
    from messages_by_day
    full join sessions_by_day using (date_day, channel)
    {%- endfor %}
),

days_by_period as (
    select
        periods.period_type,
        periods.period_start,
        days.channel_id,
        {{- sums(added_up | map(attribute='metric') | list) }}
    from days
    inner join periods using (date_day)
    group by all
),
{% for part in distinct %}
{{ part.name }}_by_period as (      -- distinct per period and channel: they do not add up over either
    {%- for channel in [channel_or_none(), "'(all)'"] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        periods.period_type,
        periods.period_start,
        {{ channel }} as channel_id,
        {{- metrics(part.metrics) }}
    from {{ part.fact }} as told
    inner join periods on told.{{ part.day }} = periods.date_day
    where not told.is_test_channel
    group by all
    {%- endfor %}
),
{% endfor %}
final as (
    select
        period_type,
        period_start,
        channel_id,
        {%- set unrecorded = 'unrecorded_by_period.unrecorded_session_count' %}
        {{ count_or_zero('contacts_by_period', 'unique_contacts', unrecorded) }},
        cast({{ or_zero('days_by_period', 'closed_conversations', unrecorded) }} as bigint) as closed_conversations,
        {{ count_or_zero('contacts_by_period', 'active_agents', unrecorded) }},
        cast({{ or_zero('days_by_period', 'proactive_messages', unrecorded) }} as bigint) as proactive_messages,
        {{ count_or_zero('unrecorded_by_period', 'unrecorded_session_count') }}
    from days_by_period
    left join contacts_by_period using (period_type, period_start, channel_id)
    left join unrecorded_by_period using (period_type, period_start, channel_id)
)

select * from final
