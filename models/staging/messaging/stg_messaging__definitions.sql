-- Grain: one row: what the numbers mean now, and whether the last build meant the same.
{{ config(post_hook=journal_whole_build()) }}
with

definitions as (
    select
        {{ config_fingerprint() }} as config_fingerprint,
        '{{ code_fingerprint() }}' as code_fingerprint
),

last_builds as (
    select * from {{ journal('builds') }}
),

final as (
    select
        definitions.config_fingerprint,
        definitions.code_fingerprint,
        last_builds.build_id is not null and {{ ledgers_stand() }} as builds_on_the_last,
        last_builds.as_of as last_as_of
    from definitions
    left join last_builds
        on
            definitions.config_fingerprint = last_builds.config_fingerprint
            and definitions.code_fingerprint = last_builds.code_fingerprint
            and {{ raw_literal(raw_source()) }} = last_builds.raw_source
)

select * from final
