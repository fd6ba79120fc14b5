-- Grain: one row per messaging channel.
{%- do tell_of_unknown_schedules(ref('stg_service_cloud__messaging_channels'), ref('base_messaging__business_hours')) %}
with

channels as (
    select
        *,
        {{ schedule_of('business_hours_id') }} as schedule_id
    from {{ ref('stg_service_cloud__messaging_channels') }}
),

schedules as (
    select business_hours_id from {{ ref('base_messaging__business_hours') }}
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
        case when schedule_id in (select business_hours_id from schedules) then schedule_id end as business_hours_id,
        {{ is_test_channel('developer_name') }} as is_test
    from channels
)

select * from final
