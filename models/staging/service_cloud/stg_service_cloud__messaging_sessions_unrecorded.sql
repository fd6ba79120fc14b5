-- Grain: one row per messaging session in which something was said, or may have been, that no entry tells of.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions') }}
),

entries as (      -- those that become events: an entry without its time or its writer tells nothing
    select
        *,
        {{ entry_actor('actor_type') }} as actor
    from {{ ref('stg_service_cloud__conversation_entries_placed') }}
    where {{ where_there_are('ConversationEntry', fields_of_entries(), 'entered_at is not null') }}
),

entries_counted as (
    select
        messaging_session_id,
        count(*) as entry_count,
        count(*) filter (where entry_type = 'Text' and actor = 'agent') as agent_entry_count,
        count(*) filter (where entry_type = 'Text' and actor = 'end_user') as end_user_entry_count
    from entries
    group by messaging_session_id
),

figures as (
    select
        messaging_session_id,
        max(metric_value) filter (where metric_type = 'AgentMessageCount') as agent_message_count,
        max(metric_value) filter (where metric_type = 'EndUserMessageCount') as end_user_message_count
    from {{ ref('stg_service_cloud__messaging_session_metrics') }}
    group by messaging_session_id
),

compared as (      -- the session has counts of its own, and the metrics of an enhanced one; either may be left out
    select
        sessions.* replace (
            greatest(sessions.agent_message_count, figures.agent_message_count) as agent_message_count,
            greatest(sessions.end_user_message_count, figures.end_user_message_count) as end_user_message_count
        ),
        coalesce(entries_counted.entry_count, 0) as entry_count,
        coalesce(entries_counted.agent_entry_count, 0) as agent_entry_count,
        coalesce(entries_counted.end_user_entry_count, 0) as end_user_entry_count
    from sessions
    left join figures on sessions.messaging_session_id = figures.messaging_session_id
    left join entries_counted on sessions.messaging_session_id = entries_counted.messaging_session_id
),

final as (
    select messaging_session_id
    from compared
    where
        case
            when agent_message_count > 0 and agent_entry_count = 0 then true
            when end_user_message_count > 0 and end_user_entry_count = 0 then true
            when entry_count > 0 then false
            -- Nobody is counted; of what bots and automatic notices wrote the platform has no count.
            else
                not coalesce(agent_message_count = 0 and end_user_message_count = 0, false)
                or coalesce(agent_type != 'Agent', not {{ where_there_are('MessagingSession', ['agenttype'], 'true') }})
        end
)

select * from final
