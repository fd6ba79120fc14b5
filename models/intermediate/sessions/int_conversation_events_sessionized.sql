-- Grain: one row per accepted event, numbered in total order and assigned to its session.
with

events as (
    select events.*
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
        events.* exclude (rejection_reason, payload, occurred_at_text, received_at_text),
        vocabulary.* exclude (
            event_type, sort_rank, starting_actors
            {%- for key in requirable_payload_keys() %},
            requires_{{ key }}
            {%- endfor %}
        ),
        {{ is_starter() }} as is_starter,
        vocabulary.is_message and events.actor_type = 'end_user' as is_end_user_message,
        vocabulary.is_message and events.actor_type = 'agent' as is_agent_message,
        vocabulary.is_message and events.actor_type = 'bot' as is_bot_message,
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
        * exclude (last_activity_at, last_boundary, openings_so_far, opened_at_position),
        {{ session_key('conversation_id', 'greatest(openings_so_far, 1)') }} as session_id,
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
