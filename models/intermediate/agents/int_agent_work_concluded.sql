-- Grain: one row per conversation and work id, as it stands at as_of: whose it is, and how it ended.
with

works as (
    select
        *,
        lag(terminal_status) over in_order as previous_status,
        row_number() over in_order as work_number
    from {{ ref('int_agent_work_paired') }}
    window in_order as (partition by session_id order by offered_position, work_id)
),

sessions as (
    select
        session_id,
        ended_at as session_ended_at
    from {{ ref('int_sessions_concluded') }}
),

judged as (
    select
        works.*,
        sessions.session_ended_at,
        works.terminal_at is null and works.accepted_at is not null and sessions.session_ended_at is not null
            as is_closed_by_session_end
    from works
    left join sessions using (session_id)
),

final as (
    select
        judged.conversation_id,
        judged.work_id,
        judged.session_id,
        judged.agent_id,
        judged.terminal_agent_id,
        coalesce(judged.named_team_id, teams_then.team_id) as team_id,
        teams_then.team_id as agent_team_id,
        judged.requested_event_id,
        judged.assigned_event_id,
        judged.accepted_event_id,
        judged.terminal_event_id,
        case
            when judged.terminal_status is not null then judged.terminal_status
            when judged.is_closed_by_session_end then 'closed'
            when judged.accepted_at is not null then 'opened'
            when judged.assigned_at is not null then 'assigned'
            else 'requested'
        end as status,
        case
            when judged.work_number = 1 then 'first'
            when judged.previous_status = 'transferred' then 'transfer'
            else 'again'
        end as work_reason,
        judged.requested_at,
        judged.assigned_at,
        judged.accepted_at,
        judged.after_work_started_at,
        judged.terminal_at,
        case
            when judged.is_closed_by_session_end then judged.session_ended_at
            when judged.terminal_status in ('closed', 'transferred') then judged.terminal_at
        end as closed_at,
        -- Accepted work is open until its terminal event, whatever that is.
        coalesce(judged.terminal_at, case when judged.is_closed_by_session_end then judged.session_ended_at end)
            as open_until_at,
        judged.capacity_weight,
        judged.is_closed_by_session_end
    from judged
    {{ join_team_of('judged.agent_id', 'coalesce(judged.accepted_at, judged.assigned_at)') }}
    {{ 'where false' if not is_recorded('work') }}
)

select * from final
