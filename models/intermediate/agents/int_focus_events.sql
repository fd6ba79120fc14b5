-- Grain: one row per event that bears on an agent's focus: the agent's in a conversation, or presence that ends focus.
{{ waits_for('stg_messaging__event_types') }}
{{ config(materialized='view') }}
with

conversation_events as (
    select
        actor_id as agent_id,
        conversation_id,
        session_id,
        event_id,
        {{ epoch_milliseconds('occurred_at') }} as occurred_ms,
        cast(sort_rank as integer) as sort_rank,
        focus_effect != 'ends' as is_focus,
        is_agent_message as is_message
    from {{ events_of_agents('int_visit_spans_touched') }}
    where actor_type = 'agent' and focus_effect is not null{{ ' and false' if not is_recorded('focus') }}
),

presence_events as (
    select
        presence.agent_id,
        cast(null as varchar) as conversation_id,
        cast(null as varchar) as session_id,
        presence.event_id,
        {{ epoch_milliseconds('presence.occurred_at') }} as occurred_ms,
        90 as sort_rank,      -- after everything that happened in a conversation at that instant
        false as is_focus,
        false as is_message
    from {{ ref('int_presence_events_deduplicated') }} as presence
    inner join {{ ref('stg_messaging__presence_statuses') }} as statuses using (status)
    where statuses.ends_focus{{ ' and false' if not is_recorded('presence') }}
),

unioned as (
    select * from conversation_events
    union all
    select * from presence_events
),

final as (
    {{ within_spans('unioned', 'occurred_ms', 'int_visit_spans_touched') }}
)

select * from final
