-- Grain: one row per entry of a conversation, as the platform has it now, but for those of voice calls.
with

records as (
    {{ current_records('base_service_cloud__conversation_entries', 'ConversationEntry') }}
),

final as (
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
    where conversation_id is null or not starts_with(conversation_id, {{ voice_call_prefix() }})
)

select * from final
