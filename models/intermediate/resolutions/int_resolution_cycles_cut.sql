-- Grain: one row per resolution cycle of a session; every session has at least the first.
with

turning_points as (
    select
        *,
        case when is_resolve then 'resolve' else 'reopen' end as kind
    from {{ ref('int_conversation_events_sessionized') }}
    where
        ((is_resolve or is_reopen or is_end_user_message) and not is_preceding and {{ is_recorded('resolutions') }})
        or opens_session      -- which precedes none
),

compared as (
    select
        *,
        lag(kind) over (partition by session_id order by position_in_conversation) as previous_kind
    from turning_points
),

judged as (      -- only what follows a resolve reopens; only what does not repeat one resolves
    select
        *,
        kind = 'reopen' and coalesce(previous_kind = 'resolve', false) as is_reopening,
        kind = 'resolve' and coalesce(previous_kind != 'resolve', true) as is_resolving
    from compared
),

cycles_numbered as (
    select
        *,
        1 + count(*) filter (where is_reopening) over (
            partition by session_id order by position_in_conversation
        ) as cycle_number
    from judged
),

cycles as (
    select
        session_id,
        cycle_number,
        conversation_id,
        min(occurred_at) as opened_at,
        min_by(event_id, position_in_conversation) as opened_event_id,
        max(case when is_resolving then occurred_at end) as resolved_at,
        max(case when is_resolving then event_id end) as resolved_event_id,
        max(case when is_resolving then actor_type end) as resolved_by_type,
        max(case when is_resolving and actor_type = 'agent' then actor_id end) as resolved_by_agent_id,
        max(case when is_resolving then position_in_conversation end) as resolved_position,
        max(case when is_resolve then occurred_at end) as last_resolved_at
    from cycles_numbered
    group by session_id, cycle_number, conversation_id
),

topics_at_resolve as (
    select
        cycles.session_id,
        cycles.cycle_number,
        max_by(topics.topic_id, topics.set_position) as topic_id
    from cycles
    inner join {{ ref('int_topics_set') }} as topics
        on
            cycles.session_id = topics.session_id
            and cycles.resolved_position > topics.set_position
            and (topics.removed_position is null or cycles.resolved_position < topics.removed_position)
    group by cycles.session_id, cycles.cycle_number
),

final as (
    select
        cycles.* exclude (resolved_position),
        topics_at_resolve.topic_id,
        cycles.cycle_number = max(cycles.cycle_number) over (partition by cycles.session_id) as is_last_cycle
    from cycles
    left join topics_at_resolve using (session_id, cycle_number)
)

select * from final
