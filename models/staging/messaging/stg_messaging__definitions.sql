-- Grain: one row: what the numbers mean now and what they are made of, and whether it was so for the last build.
{{ config(post_hook=forget_what_is_not_built_on()) }}
with

addresses as (
    select * from {{ ref('stg_messaging__redacted_addresses') }}
),

definitions as (
    select
        {{ config_fingerprint() }} as config_fingerprint,
        md5('{{ code_fingerprint() }}' || {{ raw_literal(raw_source()) }} || {{ redactions_fingerprint('addresses') }})
            as code_fingerprint
),

last_builds as (
    select
        *,
        greatest(as_of, (select max(as_of) from {{ journal('attempts') }})) as furthest_as_of,
        (select max(received_until) from {{ journal('seen') }}) as furthest_received_until
    from {{ journal('builds') }}
),

final as (
    select
        definitions.config_fingerprint,
        definitions.code_fingerprint,
        last_builds.build_id is not null
        and {{ no_forgotten_contact_stands('addresses') }} as builds_on_the_last,
        last_builds.as_of as last_as_of,
        last_builds.furthest_as_of,
        last_builds.furthest_received_until
    from definitions
    left join last_builds
        on
            definitions.config_fingerprint = last_builds.config_fingerprint
            and definitions.code_fingerprint = last_builds.code_fingerprint
)

select * from final
