-- Grain: one row per conversation and work id: what the events say of one piece of work.
with

work_events as (
    select
        *,
        coalesce(
            {{ last_value_before(
                'assigned_agent_id', partition_by='conversation_id, work_id', order_by='position_in_conversation'
            ) }}, ''
        ) as assignee_before,
        case when is_work_request then position_in_conversation end as requested_position,
        case when is_work_assignment then position_in_conversation end as assigned_position,
        case when is_work_acceptance then position_in_conversation end as accepted_position,
        case when is_after_work_start then position_in_conversation end as after_work_position,
        case when work_outcome is not null then position_in_conversation end as terminal_position
    from {{ ref('int_conversation_events_sessionized') }}
    where is_work_event
),

-- The first request, acceptance, after-work and terminal event count, and the last assignment. A value that this one
-- event does not give is not another's: hence '' and not null.
paired as (
    select
        conversation_id,
        work_id,
        min_by(session_id, position_in_conversation) as session_id,
        min_by(coalesce(team_id, ''), requested_position) as requested_team_id,
        max_by(assigned_agent_id, assigned_position) as assigned_agent_id,
        max_by(coalesce(team_id, ''), assigned_position) as assigned_team_id,
        max_by(coalesce(capacity_weight, '1'), assigned_position) as capacity_weight,
        min_by(case when actor_type = 'agent' then actor_id else '' end, accepted_position) as accepting_agent_id,
        min_by(event_id, requested_position) as requested_event_id,
        max_by(event_id, assigned_position) as assigned_event_id,
        min_by(event_id, accepted_position) as accepted_event_id,
        min_by(event_id, terminal_position) as terminal_event_id,
        min_by(occurred_at, requested_position) as requested_at,
        max_by(occurred_at, assigned_position) as assigned_at,
        min_by(occurred_at, accepted_position) as accepted_at,
        min_by(occurred_at, after_work_position) as after_work_started_at,
        min_by(occurred_at, terminal_position) as terminal_at,
        min_by(work_outcome, terminal_position) as terminal_status,
        min_by(case when actor_type = 'agent' then actor_id else assignee_before end, terminal_position)
            as terminal_agent_id,
        -- Offered when first requested, else when first assigned: to be passed on to another agent is no new offer.
        coalesce(min_by(occurred_at, requested_position), min_by(occurred_at, assigned_position)) as offered_at,
        coalesce(min(requested_position), min(assigned_position), min(position_in_conversation)) as offered_position
    from work_events
    group by conversation_id, work_id
),

final as (
    select
        * exclude (
            requested_team_id, assigned_team_id, assigned_agent_id, accepting_agent_id, terminal_agent_id,
            capacity_weight
        ),
        nullif(terminal_agent_id, '') as terminal_agent_id,
        coalesce(nullif(accepting_agent_id, ''), assigned_agent_id) as agent_id,
        coalesce(nullif(assigned_team_id, ''), nullif(requested_team_id, '')) as named_team_id,
        cast(coalesce(capacity_weight, '1') as decimal(18, 3)) as capacity_weight
    from paired
)

select * from final
