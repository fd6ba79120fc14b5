-- Grain: one row per address (messaging user) of a person who asked to be forgotten.
{{ config(materialized='view') }}
with

redactions as (
    select * from {{ ref('stg_messaging__redactions') }}
),

users as (      -- an id given twice stops the build elsewhere; here it must not multiply deliveries
    select
        messaging_user_id,
        min(contact_id) as contact_id,
        min(platform_key) as platform_key,
        coalesce(min(contact_id), messaging_user_id) as contact_key
    from {{ ref('base_messaging__messaging_users') }}
    where
        messaging_user_id is not null
        and exists (select 1 from redactions)      -- where nobody asked, the engine reads no contacts for it
    group by messaging_user_id
),

persons as (
    select
        coalesce(users.contact_key, redactions.messaging_user_id) as contact_key,
        min(redactions.requested_at) as requested_at,
        row_number() over (
            order by min(redactions.requested_at), min(redactions.messaging_user_id)
        ) as person_number
    from redactions
    left join users using (messaging_user_id)
    group by coalesce(users.contact_key, redactions.messaging_user_id)
),

addresses as (
    select
        users.messaging_user_id,
        users.contact_id,
        users.platform_key,
        persons.contact_key,
        persons.requested_at,
        persons.person_number
    from persons
    inner join users using (contact_key)
    union all
    -- Events may name whom no reference table knows.
    select
        persons.contact_key as messaging_user_id,
        null as contact_id,
        null as platform_key,
        persons.contact_key,
        persons.requested_at,
        persons.person_number
    from persons
    anti join users on persons.contact_key = users.messaging_user_id
),

final as (
    select
        messaging_user_id,
        contact_id,
        platform_key,
        requested_at,
        {{ pseudonym('person_number') }} as contact_pseudonym,
        -- The contact's own id keeps the person's, so that `contact_key` still joins all addresses. An address that is
        -- alone goes by one name with a contact and without: platforms delete the row when they forget the person.
        case
            when messaging_user_id = contact_key and count(*) over (partition by person_number) > 1
                then {{ pseudonym('person_number') }}
            else {{ pseudonym('person_number', 'row_number() over (
                partition by person_number, messaging_user_id = contact_key order by messaging_user_id
            )') }}
        end as pseudonym
    from addresses
)

select * from final
