-- Grain: one row per messaging channel, as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__messaging_channels', 'MessagingChannel') }}
),

final as (
    select
        id as channel_id,
        business_hours_id,
        master_label,
        developer_name,
        message_type,
        platform_type
    from records
)

select * from final
