-- Grain: one row per hour and channel, without gaps from the channel's first hour to that of as_of.
with
{% for part in workload_facts() %}
{{ part.name }} as (
    select
        {{ hour_of('told.' ~ part.at, 'local_days') }} as hour_started_at,
        {{ channel_or_none() }} as channel_id,
        {{- metrics(part.metrics) }}
    from {{ part.fact }} as told
    inner join {{ ref('dim_dates') }} as local_days on told.{{ part.day }} = local_days.date_day
    where not is_test_channel and {{ in_touched_days('told.' ~ part.day) }}
    group by all
),
{% endfor %}
backlogs as (
    select
        *,
        {{ channel_or_none() }} as channel,
        backlog_type = 'unresolved' as is_unresolved,
        backlog_type = 'unanswered' as is_unanswered
    from {{ ref('fct_backlog_hours') }}
    where not is_test_channel and {{ in_touched_days('backlog_date') }}
),

left_at_the_end as (
    select
        hour_started_at,
        channel as channel_id,
        max(case when backlog_type = 'open' then session_count end) as open_session_count,
        max(case when is_unresolved then session_count end) as unresolved_session_count,
        max(case when is_unanswered then session_count end) as unanswered_session_count,
        min(case when is_unresolved then oldest_started_at end) as unresolved_since_at,
        min(case when is_unanswered then oldest_started_at end) as unanswered_since_at
    from backlogs
    group by hour_started_at, channel
),

unrecorded as (      -- in which hour of the day something was said nobody knows
    {{ unrecorded_by_day('activity_date') }}
),

joined as (
    select *
    from arrivals
    full join messages using (hour_started_at, channel_id)
    full join first_responses using (hour_started_at, channel_id)
    full join resolutions using (hour_started_at, channel_id)
    full join closings using (hour_started_at, channel_id)
    full join endings using (hour_started_at, channel_id)
    full join handling using (hour_started_at, channel_id)
    full join left_at_the_end using (hour_started_at, channel_id)
),

hours as (
    select
        hours.*,
        least(hours.hour_ended_at, build.as_of) as told_at
    from {{ ref('dim_hours') }} as hours
    cross join {{ ref('dim_build') }} as build
    where {{ in_touched_days('hours.date_day') }}
),

channel_hours as (      -- quiet hours are rows too: an average over hours needs them
    select
        {{ id_or_none('channel_starts.channel_id') }} as channel_id,
        hours.*
    from {{ ref('fct_channel_starts') }} as channel_starts
    inner join hours on channel_starts.first_hour_at <= hours.hour_started_at
    where not channel_starts.is_test_channel
),

final as (
    select
        hours.hour_started_at,
        hours.channel_id,
        channels.channel_name,
        hours.date_day as activity_date,
        hours.hour_of_day,
        hours.iso_weekday,
        {{- counts_or_zero('joined', [
            'session_count', 'inbound_session_count', 'end_user_message_count', 'agent_message_count',
            'first_response_count', 'resolution_count', 'session_close_count', 'session_end_count',
            'handled_session_count', 'handle_seconds', 'open_session_count', 'unresolved_session_count',
            'unanswered_session_count'
        ], 'unrecorded.unrecorded_session_count') }},
        {{ count_or_zero('unrecorded', 'unrecorded_session_count') }},
        joined.average_handle_seconds,
        {{ seconds_between('joined.unresolved_since_at', 'hours.told_at') }} as longest_unresolved_seconds,
        {{ seconds_between('joined.unanswered_since_at', 'hours.told_at') }} as longest_unanswered_seconds
    from channel_hours as hours
    left join joined using (hour_started_at, channel_id)
    left join unrecorded on hours.date_day = unrecorded.activity_date and hours.channel_id = unrecorded.channel_id
    left join {{ ref('dim_channels') }} as channels using (channel_id)
)

select * from final
{{ in_order_of('activity_date') }}
