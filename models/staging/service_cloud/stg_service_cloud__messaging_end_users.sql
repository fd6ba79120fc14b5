-- Grain: one row per messaging user (an address on a channel), as the platform has it now.
with

records as (
    {{ current_records('base_service_cloud__messaging_end_users', 'MessagingEndUser') }}
),

contacts as (
    select * from {{ ref('stg_service_cloud__contacts') }}
),

final as (
    select
        records.id as messaging_user_id,
        records.messaging_channel_id as channel_id,
        records.contact_id,
        coalesce(records.account_id, contacts.account_id) as account_id,
        records.messaging_platform_key as platform_key,
        records.name as display_name,
        records.messaging_consent_status,
        records.language
    from records
    left join contacts using (contact_id)
)

select * from final
