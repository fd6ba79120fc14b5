-- Grain: one row per session: what its events say, before anything is concluded from the moment of looking.
with

events as (
    select
        *,
        case when is_activity then position_in_conversation end as activity_position,
        case when ends_session and not is_preceding then position_in_conversation end as end_position,
        case
            when is_conversation_start and origin in ('inbound', 'agent_initiated', 'triggered_outbound')
                then position_in_conversation
        end as origin_position
    from {{ ref('int_conversation_events_sessionized') }}
),

aggregated as (
    select
        session_id,
        conversation_id,
        session_number,
        max(case when opens_session then event_id end) as opened_event_id,
        max(case when opens_session then channel_id end) as channel_id,
        max(case when opens_session then messaging_user_id end) as messaging_user_id,
        max(case when opens_session then occurred_at end) as started_at,
        max(case when is_activity then occurred_at end) as last_activity_at,
        max_by(is_pend, activity_position) as is_last_activity_pend,
        min_by(event_id, end_position) as conversation_ended_event_id,
        min_by(occurred_at, end_position) as conversation_ended_at,
        min_by(case when is_actor_unknown = 'true' then '(unknown)' else actor_type end, end_position)
            as conversation_ended_by_type,
        min_by(origin, origin_position) as declared_origin,
        min_by(actor_type, case when is_message then position_in_conversation end) as first_writer_type,
        count(*) as event_count,
        count(*) filter (where is_agent_message) as agent_message_count,
        count(*) filter (where is_bot_message) as bot_message_count,
        count(*) filter (where is_end_user_message) as end_user_message_count,
        -- A source that has not all that was said in a session says so where it starts.
        count(*) filter (where is_conversation_start and are_messages_recorded = 'false') = 0 as are_messages_recorded,
        bool_or(is_handoff) as is_handed_off,
        bool_or(is_work_transfer) as is_transferred
    from events
    group by session_id, conversation_id, session_number
),

{%- set origin -%}
        coalesce(
            declared_origin,
            case first_writer_type
                when 'end_user' then 'inbound'
                when 'agent' then 'agent_initiated'
                when 'bot' then 'triggered_outbound'
                when 'system' then 'triggered_outbound'
            end
        )
{%- endset %}

final as (
    select
        *,
        session_number < max(session_number) over (partition by conversation_id) as has_later_session,
        {{ if_recorded('origins', origin, 'varchar') }} as origin,
        case
            when agent_message_count > 0 and bot_message_count > 0 then 'bot_to_agent'
            when agent_message_count > 0 then 'agent'
            when bot_message_count > 0 then 'bot'
            else 'system'
        end as agent_type
    from aggregated
)

select * from final
