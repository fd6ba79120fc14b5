-- Grain: one row per session and instant at which it was routed to a team.
with

events as (
    select
        *,
        case
            when is_handoff or is_work_request or is_work_assignment then team_id
            when is_work_transfer then to_team_id
        end as routed_to_team_id
    from {{ ref('int_conversation_events_sessionized') }}
),

final as (
    select
        session_id,
        occurred_at as routed_at,
        min_by(routed_to_team_id, position_in_conversation) as first_team_id,
        max_by(routed_to_team_id, position_in_conversation) as last_team_id
    from events
    where routed_to_team_id is not null
    group by session_id, occurred_at
)

select * from final
