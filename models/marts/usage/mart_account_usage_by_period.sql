-- Grain: one row per period type, period and channel, and one for all channels together (channel_id '(all)').
{%- set added_up = [
    {'name': 'messages', 'fact': ref('fct_messages'), 'day': 'sent_date', 'metric': 'proactive_messages'},
    {'name': 'sessions', 'fact': ref('fct_messaging_sessions'), 'day': 'closed_date', 'metric': 'closed_conversations'},
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

contacts as (
    {%- for channel in [channel_or_none(), "'(all)'"] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        * exclude (channel_id),
        {{ channel }} as channel_id
    from {{ ref('fct_contact_days') }}
    where not is_test_channel
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

contacts_by_period as (      -- distinct per period and channel: they do not add up over either
    select
        periods.period_type,
        periods.period_start,
        contacts.channel_id,
        {{- metrics(['unique_contacts', 'active_agents']) }}
    from contacts
    inner join periods on contacts.sent_date = periods.date_day
    group by all
),

final as (
    select
        period_type,
        period_start,
        channel_id,
        coalesce(contacts_by_period.unique_contacts, 0) as unique_contacts,
        cast(coalesce(days_by_period.closed_conversations, 0) as bigint) as closed_conversations,
        coalesce(contacts_by_period.active_agents, 0) as active_agents,
        cast(coalesce(days_by_period.proactive_messages, 0) as bigint) as proactive_messages
    from days_by_period
    left join contacts_by_period using (period_type, period_start, channel_id)
)

select * from final
