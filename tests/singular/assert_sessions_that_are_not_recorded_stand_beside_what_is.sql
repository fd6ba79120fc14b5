-- Of how many sessions nothing that was said is on record, each mart says as the sessions and the work on them say it:
-- a session stands on every day from its start to its end, and on those of the agents who had accepted work on it.
{%- set marts = [
    ('mart_channel_traffic_by_day', 'traffic_date', 'channel_id', channel_or_none()),
    ('mart_emoji_sentiment_by_day', 'sentiment_date', 'channel_id', channel_or_none()),
    ('mart_response_times_by_day', 'responded_date', 'channel_id', channel_or_none()),
    ('mart_topic_by_day', 'activity_date', 'channel_id', channel_or_none()),
    ('mart_workload_by_hour', 'activity_date', 'channel_id', channel_or_none()),
    ('mart_account_activity_by_month', 'month_start', 'account_id', id_or_none('account_id')),
    ('mart_agent_by_day', 'activity_date', 'agent_id', 'agent_id'),
    ('mart_team_by_day', 'activity_date', 'team_id', id_or_none('team_id')),
] %}
with

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
    where not are_messages_recorded and not is_test_channel
),

spans as (
    select
        session_id,
        channel_id,
        account_id,
        cast(null as varchar) as agent_id,
        cast(null as varchar) as team_id,
        started_date as first_date,
        ended_date as last_date
    from sessions
    union all
    select
        sessions.session_id,
        sessions.channel_id,
        sessions.account_id,
        works.agent_id,
        works.agent_team_id as team_id,
        works.accepted_date as first_date,
        works.terminal_date as last_date
    from {{ ref('fct_agent_work') }} as works
    inner join sessions using (session_id)
    where works.accepted_at is not null
),

spans_by_day as (
    select
        spans.*,
        dates.date_day
    from spans
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day between spans.first_date and coalesce(spans.last_date, dates.date_day)
    cross join {{ ref('dim_build') }} as build
    where dates.date_day <= {{ local_date('build.as_of') }}
),

{% for mart, day, key, expression in marts %}
expected_of_{{ mart }} as (
    select
        {{ first_day_of('month', 'date_day') if day == 'month_start' else 'date_day' }} as {{ day }},
        {{ expression }} as {{ key }},
        count(distinct session_id) as session_count
    from spans_by_day
    where {{ 'agent_id is not null' if key in ('agent_id', 'team_id') else 'true' }}
    group by all
),

{% endfor -%}
differences as (
    {%- for mart, day, key, expression in marts %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select '{{ mart }}' as mart
    from {{ ref(mart) }} as mart
    left join expected_of_{{ mart }} as expected using ({{ day }}, {{ key }})
    where
        mart.unrecorded_session_count
        is distinct from {{ if_recorded(
            'work' if key in ('agent_id', 'team_id') else '', 'coalesce(expected.session_count, 0)', 'bigint'
        ) }}
    {%- endfor %}
)

select * from differences
