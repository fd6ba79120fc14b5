-- Grain: one row per service level policy.
with

policies as (
    select * from {{ ref('stg_messaging__sla_policies') }}
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
