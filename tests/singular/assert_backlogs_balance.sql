-- Hour by hour what is open is what was, and what came, less what went; at last it is what the facts leave open. What
-- is unresolved or unanswered is open, the longest wait is told where there is one, and no hour is missing.
with

hours as (
    select
        mart.*,
        hours.hour_number,
        lag(hours.hour_number) over channel_hours as previous_hour_number,
        coalesce(lag(mart.open_session_count) over channel_hours, 0) as previous_open_count,
        lead(hours.hour_number) over channel_hours is null as is_last_hour
    from {{ ref('mart_workload_by_hour') }} as mart
    inner join {{ ref('dim_hours') }} as hours using (hour_started_at)
    window channel_hours as (partition by mart.channel_id order by hours.hour_number)
),

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel,
        status not in ('ended', 'inactive') as is_unresolved
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

unanswered as (
    select session_id from {{ ref('fct_responses') }}
    where not is_answered
),

left_open as (
    select
        sessions.channel as channel_id,
        count(*) filter (where not sessions.is_ended) as open_count,
        count(*) filter (where sessions.is_unresolved) as unresolved_count,
        count(*) filter (where sessions.is_unresolved and unanswered.session_id is not null) as unanswered_count
    from sessions
    left join unanswered using (session_id)
    group by sessions.channel
),

last_hours as (
    select * from hours
    where is_last_hour
),

differences as (
    select
        channel_id,
        hour_started_at
    from hours
    where
        open_session_count is distinct from previous_open_count + session_count - session_end_count
        or hour_number is distinct from coalesce(previous_hour_number + 1, hour_number)
        or unresolved_session_count > open_session_count
        or unanswered_session_count > open_session_count
        or (longest_unanswered_seconds is null) is distinct from (coalesce(unanswered_session_count, 0) = 0)
        or (longest_unresolved_seconds is null) is distinct from (coalesce(unresolved_session_count, 0) = 0)
        or longest_unanswered_seconds < 0
    union all
    select
        channel_id,
        last_hours.hour_started_at
    from last_hours
    full join left_open using (channel_id)
    where
        last_hours.open_session_count is distinct from left_open.open_count
        or last_hours.unresolved_session_count
        is distinct from {{ if_recorded('resolutions', 'left_open.unresolved_count', 'bigint') }}
        or last_hours.unanswered_session_count
        is distinct from {{ count_on_record('left_open.unanswered_count', 'last_hours.unrecorded_session_count') }}
)

select * from differences
