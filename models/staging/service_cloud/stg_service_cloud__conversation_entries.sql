-- Grain: one row per entry of a messaging session's conversation, as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__conversation_entries', 'ConversationEntry') }}
),

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions') }}
),

entries as (
    select
        id as conversation_entry_id,
        conversation_id as belongs_to_id,
        entry_type,
        actor_type,
        actor_id,
        coalesce(message_identifier, id) as message_id,
        message as message_text,
        message_status,
        message_status_code,
        {{ entry_moment() }} as entered_at,
        {{ platform_time('server_received_timestamp', 'ConversationEntry') }} as received_at,
        has_attachments
    from records
),

of_sessions as (
    select
        entries.*,
        sessions.messaging_session_id
    from entries
    inner join sessions on entries.belongs_to_id = sessions.messaging_session_id
),

of_conversations as (      -- of a conversation's sessions it is the one that was going on
    select
        entries.*,
        sessions.messaging_session_id
    from entries
    {{ join_latest('sessions') }}
        on entries.belongs_to_id = sessions.platform_conversation_id and entries.entered_at >= sessions.started_at
    where
        sessions.messaging_session_id is not null
        and (sessions.ended_at is null or entries.entered_at < {{ end_of_its_second('sessions.ended_at') }})
),

final as (
    select * exclude (belongs_to_id) from of_sessions
    union all
    select * exclude (belongs_to_id) from of_conversations
)

select * from final
