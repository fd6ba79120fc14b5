-- Grain: one row per messaging user (an address on a channel).
{{ config(post_hook=journal_parts_read('raw_messaging_users')) }}
{{ waits_for('stg_messaging__raw_parts', 'stg_messaging__definitions') }}
with

source as {{ inlined() }} (
    select * from {{ ref('base_messaging__messaging_users') }}
    {%- if is_partial_build() %}
    where {{ contacts_are_read_anew() }}
    {%- endif %}
),

redacted as (
    select * from {{ ref('stg_messaging__redacted_addresses') }}
),

counted as (
    select
        messaging_user_id,
        count(*) as row_count
    from source
    group by messaging_user_id
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
    -- Contacts are replaced one by one, by their id.
    where {{ stop_when_given_twice('counted', 'messaging_user_id', 'raw_messaging_users') }}
)

select * from final
