-- Grain: one row per identifier of a person who asked to be forgotten.
{{ config(materialized='view') }}
with

addresses as (
    select * from {{ ref('stg_messaging__redacted_addresses') }}
),

told as (      -- each has a pseudonym of its own: were two alike, two conversations could become one
    select
        contact_pseudonym,
        messaging_user_id as identifier,
        pseudonym as identifier_pseudonym,
        1 as precedence
    from addresses
    union all
    select
        contact_pseudonym,
        contact_id as identifier,
        contact_pseudonym as identifier_pseudonym,
        2 as precedence
    from addresses
    union all
    select
        contact_pseudonym,
        platform_key as identifier,
        replace(pseudonym, ')', ' key)') as identifier_pseudonym,
        3 as precedence
    from addresses
),

final as (
    select
        contact_pseudonym,
        identifier,
        identifier_pseudonym
    from told
    where identifier <> ''
    qualify row_number() over (partition by contact_pseudonym, identifier order by precedence, identifier_pseudonym) = 1
)

select * from final
