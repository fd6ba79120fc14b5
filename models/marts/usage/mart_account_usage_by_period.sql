-- Grain: one row per period type, period and channel, and one for all channels together (channel_id '(all)').
with

periods as (
    {%- for period_type in ['day', 'week', 'month', 'quarter'] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        date_day,
        '{{ period_type }}' as period_type,
        {{ 'date_day' if period_type == 'day' else period_type ~ '_start' }} as period_start
    from {{ ref('dim_dates') }}
    {%- endfor %}
),

messages as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messages') }}
    where not is_test_channel
),

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

messages_by_period as (      -- contacts and agents are distinct per period: they do not add up over days or channels
    {%- for channel in ["messages.channel", "'(all)'"] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        periods.period_type,
        periods.period_start,
        {{ channel }} as channel_id,
        {{ metric('unique_contacts') }} as unique_contacts,
        {{ metric('active_agents') }} as active_agents,
        {{ metric('proactive_messages') }} as proactive_messages
    from messages
    inner join periods on messages.sent_date = periods.date_day
    group by all
    {%- endfor %}
),

sessions_by_period as (
    {%- for channel in ["sessions.channel", "'(all)'"] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        periods.period_type,
        periods.period_start,
        {{ channel }} as channel_id,
        {{ metric('closed_conversations') }} as closed_conversations
    from sessions
    inner join periods on sessions.closed_date = periods.date_day
    group by all
    {%- endfor %}
),

final as (
    select
        period_type,
        period_start,
        channel_id,
        coalesce(messages_by_period.unique_contacts, 0) as unique_contacts,
        coalesce(sessions_by_period.closed_conversations, 0) as closed_conversations,
        coalesce(messages_by_period.active_agents, 0) as active_agents,
        coalesce(messages_by_period.proactive_messages, 0) as proactive_messages
    from messages_by_period
    full join sessions_by_period using (period_type, period_start, channel_id)
)

select * from final
