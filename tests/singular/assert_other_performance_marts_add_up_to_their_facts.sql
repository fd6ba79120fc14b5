-- Every resolution, accepted work and closed session that agents handled is in its mart once, in the row that names it.
with

resolutions as (
    select
        resolved_date,
        resolved_by_type,
        {{ id_or_none('resolved_by_agent_id') }} as agent_id,
        {{ id_or_none('team_id') }} as team_id,
        {{ id_or_none('topic_id') }} as topic_id,
        count(*) as row_count,
        sum(resolution_seconds) as seconds
    from {{ ref('fct_resolutions') }}
    where is_resolved and not is_test_channel
    group by all
),

works as (
    select
        accepted_date,
        {{ id_or_none('team_id') }} as team_id,
        {{ channel_or_none() }} as channel_id,
        work_reason,
        count(*) as row_count,
        sum(speed_to_answer_seconds) as seconds
    from {{ ref('fct_agent_work') }}
    where is_accepted and not is_test_channel
    group by all
),

sessions as (
    select
        closed_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('topic_id') }} as topic_id,
        count(*) as row_count,
        sum(handle_seconds) as handle_seconds,
        sum(served_seconds) as served_seconds,
        sum(attended_seconds) as attended_seconds
    from {{ ref('fct_messaging_sessions') }}
    where is_closed_handled and not is_test_channel
    group by all
),

differences as (
    select 'mart_resolutions_by_day' as mart
    from resolutions
    full join {{ ref('mart_resolutions_by_day') }} as mart
        using (resolved_date, resolved_by_type, agent_id, team_id, topic_id)
    where
        mart.resolution_count is distinct from resolutions.row_count
        or mart.resolution_sum_seconds is distinct from resolutions.seconds
    union all
    select 'mart_speed_to_answer_by_day' as mart
    from works
    full join {{ ref('mart_speed_to_answer_by_day') }} as mart using (accepted_date, team_id, channel_id, work_reason)
    where
        mart.accepted_work_count is distinct from works.row_count
        or mart.speed_to_answer_sum_seconds is distinct from works.seconds
    union all
    select 'mart_efficiency_by_day' as mart
    from sessions
    full join {{ ref('mart_efficiency_by_day') }} as mart using (closed_date, channel_id, topic_id)
    where
        mart.closed_handled_session_count is distinct from sessions.row_count
        or mart.session_handle_sum_seconds is distinct from sessions.handle_seconds
        or mart.served_sum_seconds is distinct from sessions.served_seconds
        or mart.attended_sum_seconds is distinct from sessions.attended_seconds
        or mart.saved_sum_seconds is distinct from sessions.attended_seconds - sessions.handle_seconds
)

select * from differences
