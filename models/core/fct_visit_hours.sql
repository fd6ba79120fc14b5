-- Grain: one row per visit and hour that it touches, cut from the start of each local day.
with

visits as (      -- one that is still open has lasted until as_of
    select
        visits.*,
        greatest(coalesce(visits.ended_at, build.as_of), visits.started_at) as told_until_at
    from {{ of_touched_conversations(ref('fct_visits')) }} as visits
    cross join {{ ref('dim_build') }} as build
),

last_moments_told as (      -- what ends on the hour has no part in the next one; what has no length is in its own
    select
        *,
        greatest(started_at, told_until_at - interval 1 millisecond) as last_moment_at
    from visits
),

days as (
    select * from {{ ref('dim_dates') }}
),

hours as (
    select * from {{ ref('dim_hours') }}
),

hours_found as (
    select
        visits.*,
        {{ hour_of('visits.started_at', 'first_days') }} as first_hour_at,
        {{ hour_of('visits.last_moment_at', 'last_days') }} as last_hour_at
    from last_moments_told as visits
    inner join days as first_days on visits.started_date = first_days.date_day
    inner join days as last_days on {{ local_date('visits.last_moment_at') }} = last_days.date_day
),

visits_cut as (
    select
        visits.*,
        {{ number_series('first_hours.hour_number', 'last_hours.hour_number') }} as hour_number
    from hours_found as visits
    inner join hours as first_hours on visits.first_hour_at = first_hours.hour_started_at
    inner join hours as last_hours on visits.last_hour_at = last_hours.hour_started_at
),

pieces as (
    select
        visits.*,
        hours.hour_started_at,
        hours.date_day,
        {{ seconds_between(
            'greatest(visits.started_at, hours.hour_started_at)', 'least(visits.told_until_at, hours.hour_ended_at)'
        ) }} as piece_seconds
    from visits_cut as visits
    inner join hours using (hour_number)
),

final as (
    select
        visit_id,
        hour_started_at,
        agent_id,
        team_id,
        session_id,
        conversation_id,
        channel_id,
        messaging_user_id,
        account_id,
        case when is_handled then session_id end as handled_session_id,
        date_day as activity_date,
        case when is_handled then piece_seconds else 0 end as handle_seconds,
        case when is_handled then 0 else piece_seconds end as viewing_seconds,
        is_handled,
        is_test_channel
    from pieces
)

select * from final
order by hour_started_at
