-- Grain: one row per messaging user of whom the last build knew another person or another account.
{{ waits_for('int_build_scope') }}
with
{% if is_partial_build() %}
told as (      -- of all others contacts say what they said
    select distinct id as messaging_user_id from {{ journal('touched') }}
    where unit = 'messaging_user' and source = 'stg_messaging__messaging_users'
),

stood as (
    select * from {{ standing('dim_messaging_users') }}
    where messaging_user_id in (select messaging_user_id from told)
),

users as (
    select * from {{ ref('stg_messaging__messaging_users') }}
    where messaging_user_id in (select messaging_user_id from told)
),

changed as (
    select stood.messaging_user_id
    from stood
    left join users using (messaging_user_id)
    where
        stood.contact_key is distinct from coalesce(users.contact_id, stood.messaging_user_id)
        or stood.account_id is distinct from users.account_id
),
{% else %}
changed as (
    select messaging_user_id from {{ ref('stg_messaging__messaging_users') }}
    where false
),
{% endif %}
final as (
    select messaging_user_id from changed
)

select * from final
