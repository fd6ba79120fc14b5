-- Grain: one row per accepted event: its place in the total order of its conversation, and the session it falls into.
-- Narrow, because sorting costs what a row is wide; and a view, because the one who asks writes all of it down again.
{{ config(materialized='view') }}
with

events as (
    select
        events.event_id,
        events.conversation_id,
        events.event_type,
        events.actor_type,
        events.occurred_at
    from {{ ref('int_conversation_events_deduplicated') }} as events
    inner join {{ ref('int_conversations_started') }} using (conversation_id)
    -- No event is later than the build speaks for; the join makes the build's guards stand before every fact.
    inner join {{ ref('int_build') }} as build on events.received_at <= build.as_of
),

vocabulary as (
    select * from {{ ref('stg_messaging__event_types') }}
),

characterised as (
    select
        events.event_id,
        events.conversation_id,
        events.occurred_at,
        vocabulary.is_activity,
        vocabulary.ends_session,
        {{ is_starter() }} as is_starter,
        {{ rank_in_total_order('events', 'vocabulary') }} as sort_rank
    from events
    inner join vocabulary using (event_type)
),

ordered as (
    select
        *,
        row_number() over in_order as position_in_conversation,
        max(case when is_activity then occurred_at end) over (in_order rows between unbounded preceding and 1 preceding)
            as last_activity_at,
        {{ last_value_before(
            "case when is_starter then 'starter' when ends_session then 'end' end",
            partition_by='conversation_id', order_by='occurred_at, sort_rank, event_id'
        ) }} as last_boundary
    from characterised
    window in_order as (partition by conversation_id order by occurred_at, sort_rank, event_id)
),

openings_found as (      -- the first starter, a starter after an end, a starter after silence
    select
        *,
        is_starter and (
            last_boundary is distinct from 'starter'
            or {{ hours_after('last_activity_at', var('session_inactivity_hours')) }} <= occurred_at
        ) as opens_session
    from ordered
),

sessions_counted as (
    select
        *,
        count(*) filter (where opens_session) over so_far as openings_so_far,
        max(case when opens_session then position_in_conversation end) over so_far as opened_at_position
    from openings_found
    window so_far as (partition by conversation_id order by position_in_conversation)
),

final as (
    select
        event_id,
        is_starter,
        sort_rank,
        position_in_conversation,
        opens_session,
        greatest(openings_so_far, 1) as session_number,
        case
            when openings_so_far > 1 then position_in_conversation - opened_at_position + 1
            else position_in_conversation
        end as position_in_session,
        -- A preceding event is a member of the first session that never resolves, reopens, pends or ends it.
        openings_so_far = 0 as is_preceding
    from sessions_counted
)

select * from final
