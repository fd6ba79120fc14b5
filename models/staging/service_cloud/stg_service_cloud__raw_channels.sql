-- Grain: one row per messaging channel.
with

channels as (
    select * from {{ ref('stg_service_cloud__messaging_channels') }}
),

final as (
    select
        channel_id,
        master_label as channel_name,
        case message_type
            when 'EmbeddedMessaging' then 'in_app'
            when 'Text' then 'sms'
            when 'WhatsApp' then 'whatsapp'
            when 'Facebook' then 'facebook_messenger'
            when 'AppleBusinessChat' then 'apple_messages'
            when 'Line' then 'line'
            when 'WebChat' then 'web_chat'
            else 'custom'
        end as channel_type,
        lower(platform_type) as platform_type,
        business_hours_id,
        {{ is_test_channel('developer_name') }} as is_test
    from channels
)

select * from final
