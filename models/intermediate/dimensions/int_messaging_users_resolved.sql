-- Grain: one row per messaging user, inferred ones included, with the person behind the address.
with

known as (
    select * from {{ ref('stg_messaging__messaging_users') }}
    where {{ in_touched_messaging_users() }}
),

referenced as (
    select id as messaging_user_id
    from {{ ref('int_conversation_ids_referenced') }}
    where dimension = 'messaging_user' and {{ in_touched_messaging_users('id') }}
    group by id
),

members as (
    select
        messaging_user_id,
        channel_id,
        contact_id,
        account_id,
        platform_key,
        display_name,
        consent_status,
        locale,
        false as is_inferred
    from known
    union all
    select
        referenced.messaging_user_id,
        {%- for column in ['channel_id', 'contact_id', 'account_id', 'platform_key'] %}
        cast(null as varchar) as {{ column }},
        {%- endfor %}
        {{ inferred_name() }} as display_name,
        {%- for column in ['consent_status', 'locale'] %}
        cast(null as varchar) as {{ column }},
        {%- endfor %}
        true as is_inferred
    from referenced
    anti join known on referenced.messaging_user_id = known.messaging_user_id
),

final as (
    select
        *,
        coalesce(contact_id, messaging_user_id) as contact_key
    from members
)

select * from final
