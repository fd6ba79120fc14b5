-- Grain: one row per agent, team of the moment, session and local day on which the agent had the session in focus.
with

{{ segments_clipped_at_midnight() }},

pieces as (
    select
        visit_id,
        session_id,
        agent_id,
        team_id,
        activity_date,
        clipped_ms,
        is_handled
    from clipped
    where visit_id is not null
    union all
    select      -- a visit without length is in no segment, and was a visit all the same
        visit_id,
        session_id,
        agent_id,
        team_id,
        started_date as activity_date,
        0 as clipped_ms,
        is_handled
    from {{ ref('fct_visits') }}
    where visit_seconds = 0
),

summed as (
    select
        agent_id,
        team_id,
        session_id,
        activity_date,
        count(distinct visit_id) as visit_count,
        cast(sum(case when is_handled then clipped_ms else 0 end) as bigint) as handle_ms,
        cast(sum(case when is_handled then 0 else clipped_ms end) as bigint) as viewing_ms,
        bool_or(is_handled) as is_handled
    from pieces
    group by agent_id, team_id, session_id, activity_date
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
),

final as (
    select
        summed.agent_id,
        summed.team_id,
        summed.session_id,
        sessions.conversation_id,
        sessions.channel_id,
        sessions.messaging_user_id,
        sessions.account_id,
        sessions.topic_id,
        summed.activity_date,
        summed.visit_count,
        {{ seconds_from_milliseconds('summed.handle_ms') }} as handle_seconds,
        {{ seconds_from_milliseconds('summed.viewing_ms') }} as viewing_seconds,
        case when summed.is_handled then summed.session_id end as handled_session_id,
        case when summed.is_handled then {{ seconds_from_milliseconds('summed.handle_ms') }} end
            as handled_session_seconds,
        summed.is_handled,
        sessions.is_test_channel
    from summed
    inner join sessions using (session_id)
)

select * from final
