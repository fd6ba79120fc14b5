-- Grain: one row per messaging session, as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__messaging_sessions', 'MessagingSession') }}
),

final as (
    select
        id as messaging_session_id,
        -- The thread between one messaging user and the business; of standard sessions the platform keeps none.
        coalesce(conversation_id, messaging_end_user_id, id) as conversation_id,
        conversation_id as platform_conversation_id,
        messaging_channel_id as channel_id,
        messaging_end_user_id as messaging_user_id,
        owner_id,
        created_by_id,
        status,
        origin,
        agent_type,
        ended_by_type,
        channel_type,
        coalesce(
            {{ platform_time('start_time', 'MessagingSession') }},
            {{ platform_time('created_date', 'MessagingSession') }}
        ) as started_at,
        {{ platform_time('accept_time', 'MessagingSession') }} as accepted_at,
        {{ platform_time('end_time', 'MessagingSession') }} as ended_at,
        {{ platform_number('agent_message_count', 'MessagingSession') }} as agent_message_count,
        {{ platform_number('end_user_message_count', 'MessagingSession') }} as end_user_message_count
    from records
)

select * from final
