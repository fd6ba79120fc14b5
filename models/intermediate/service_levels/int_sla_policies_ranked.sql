-- Grain: one row per service level policy: its place in the order in which policies are tried.
with

policies as (
    select * from {{ ref('stg_messaging__sla_policies') }}
),

scopes_counted as (
    select
        *,
        case when channel_id is not null then 1 else 0 end
        + case when team_id is not null then 1 else 0 end
        + case when topic_id is not null then 1 else 0 end as scope_count
    from policies
),

final as (
    select
        * exclude (policy_name, target_seconds),
        cast(1000 * target_seconds as bigint) as target_ms,
        row_number() over (order by scope_count desc, policy_id asc) as rank_number
    from scopes_counted
)

select * from final
