-- Grain: one row per log and part of it, as it is now or as the ledger keeps it, and whether this build has to read it.
with

there as (
    select * from {{ ref('base_messaging__raw_parts') }}
),

definitions as (
    select * from {{ ref('stg_messaging__definitions') }}
),

parts_read as (
    select * from {{ journal('parts_read') }}
),

parts as (
    select
        raw_table,
        part,
        fingerprint,
        false as is_gone
    from there
    union all
    select
        parts_read.raw_table,
        parts_read.part,
        {{ fingerprint_of_what_is_gone() }} as fingerprint,
        true as is_gone
    from parts_read
    anti join there on parts_read.raw_table = there.raw_table and parts_read.part = there.part
    where {{ what_is_gone_is_told() }}
),

final as (
    select
        parts.raw_table,
        parts.part,
        parts.fingerprint,
        parts.is_gone,
        (parts_read.fingerprint is distinct from parts.fingerprint)
        or not definitions.builds_on_the_last
        {%- if forgotten_are_told_of() %}
        or parts.raw_table = 'raw_conversation_events'
        {%- endif %} as is_to_be_read
    from parts
    cross join definitions
    left join parts_read on parts.raw_table = parts_read.raw_table and parts.part = parts_read.part
)

select * from final
