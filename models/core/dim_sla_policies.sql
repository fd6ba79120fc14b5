-- Grain: one row per service level policy.
with

policies as (      -- the build's guards stand before this table as before every other
    select policies.*
    from {{ ref('stg_messaging__sla_policies') }} as policies
    cross join {{ ref('int_build') }}
),

final as (
    select
        policy_id,
        policy_name,
        metric,
        channel_id,
        team_id,
        topic_id,
        clock,
        target_seconds,
        valid_from,
        valid_to
    from policies
)

select * from final
