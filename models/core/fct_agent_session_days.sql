-- Grain: one row per agent, team of the moment, session and local day on which the agent had the session in focus.
with

{{ segments_clipped_at_midnight(where='visit_id is not null', of_conversations=true) }},

pieces as (
    select
        visit_id,
        session_id,
        agent_id,
        team_id,
        activity_date,
        started_at,
        clipped_ms,
        is_handled
    from clipped
    union all
    select      -- a visit without length is in no segment, and was a visit all the same
        visits.visit_id,
        visits.session_id,
        visits.agent_id,
        visits.team_id,
        visits.started_date as activity_date,
        visits.started_at,
        0 as clipped_ms,
        visits.is_handled
    from {{ of_touched_conversations(ref('fct_visits')) }} as visits
    anti join clipped using (visit_id)
),

summed as (
    select
        agent_id,
        team_id,
        session_id,
        activity_date,
        count(distinct visit_id) as visit_count,
        min(started_at) as first_started_at,
        cast(sum(case when is_handled then clipped_ms else 0 end) as bigint) as handle_ms,
        cast(sum(case when is_handled then 0 else clipped_ms end) as bigint) as viewing_ms,
        bool_or(is_handled) as is_handled
    from pieces
    group by agent_id, team_id, session_id, activity_date
),

-- A percentile is over agent, session and day: of an agent who changes teams that day, the first team's row has it all.
whole_days_told as (
    select
        *,
        bool_or(is_handled) over whole_day as is_day_handled,
        cast(sum(handle_ms) over whole_day as bigint) as day_handle_ms,
        cast(sum(viewing_ms) over whole_day as bigint) as day_viewing_ms,
        row_number() over (
            partition by agent_id, session_id, activity_date order by first_started_at, team_id nulls last
        ) = 1 as is_first_of_day
    from summed
    window whole_day as (partition by agent_id, session_id, activity_date)
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
),

percentile_rows_chosen as (
    select
        *,
        case when is_first_of_day and is_day_handled then day_handle_ms end as handled_session_ms,
        case when is_first_of_day and day_viewing_ms > 0 then day_viewing_ms end as viewed_session_ms
    from whole_days_told
),

final as (
    select
        chosen.agent_id,
        chosen.team_id,
        chosen.session_id,
        sessions.conversation_id,
        sessions.channel_id,
        sessions.messaging_user_id,
        sessions.account_id,
        sessions.topic_id,
        chosen.activity_date,
        chosen.visit_count,
        {{ seconds_from_milliseconds('chosen.handle_ms') }} as handle_seconds,
        {{ seconds_from_milliseconds('chosen.viewing_ms') }} as viewing_seconds,
        case when chosen.is_handled then chosen.session_id end as handled_session_id,
        {{ seconds_from_milliseconds('chosen.handled_session_ms') }} as handled_session_seconds,
        case when not chosen.is_day_handled then chosen.session_id end as viewed_session_id,
        {{ seconds_from_milliseconds('chosen.viewed_session_ms') }} as viewed_session_seconds,
        chosen.is_handled,
        sessions.is_test_channel
    from percentile_rows_chosen as chosen
    inner join sessions using (session_id)
)

select * from final
order by activity_date
