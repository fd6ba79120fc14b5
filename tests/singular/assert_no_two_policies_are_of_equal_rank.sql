{{ config(severity='warn') }}
-- Two policies that can hold for the same thing at the same time, equally specific: the smaller id wins. It may be
-- meant, but who wrote them should know.
with

policies as (
    select
        *,
        case when channel_id is null then 0 else 1 end + case when team_id is null then 0 else 1 end
        + case when topic_id is null then 0 else 1 end as scope_count
    from {{ ref('dim_sla_policies') }}
)

select
    winners.policy_id as winning_policy_id,
    rivals.policy_id as losing_policy_id
from policies as winners
inner join policies as rivals using (metric, scope_count)
where
    winners.policy_id < rivals.policy_id
    and coalesce(winners.channel_id = rivals.channel_id, true)
    and coalesce(winners.team_id = rivals.team_id, true)
    and coalesce(winners.topic_id = rivals.topic_id, true)
    and coalesce(winners.valid_from < rivals.valid_to, true)
    and coalesce(rivals.valid_from < winners.valid_to, true)
