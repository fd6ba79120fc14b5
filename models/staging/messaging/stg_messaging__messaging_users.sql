-- Grain: one row per messaging user (an address on a channel).
with

source as (
    select * from {{ ref('base_messaging__messaging_users') }}
),

redacted as (
    select * from {{ ref('stg_messaging__redacted_addresses') }}
),

final as (
    select
        coalesce(redacted.pseudonym, source.messaging_user_id) as messaging_user_id,
        source.channel_id,
        case
            when source.contact_id is not null then coalesce(redacted.contact_pseudonym, source.contact_id)
        end as contact_id,
        source.account_id,
        case
            when source.platform_key is not null then coalesce(redacted.pseudonym, source.platform_key)
        end as platform_key,
        case
            when redacted.pseudonym is null or source.display_name is null then source.display_name
            else {{ redacted_word() }}
        end as display_name,
        source.consent_status,
        source.locale
    from source
    left join redacted using (messaging_user_id)
)

select * from final
