-- Every outcome of a policy is in its mart once, in the row that names it: met, breached, running or cancelled.
with

outcomes as (
    select
        started_date,
        policy_id,
        metric,
        {{ id_or_none('team_id') }} as team_id,
        {{ id_or_none('agent_id') }} as agent_id,
        {{ channel_or_none() }} as channel_id,
        count(*) as outcome_count,
        count(case sla_status when 'met' then 1 end) as met_count,
        count(case sla_status when 'breached' then 1 end) as breached_count,
        count(case sla_status when 'running' then 1 end) as running_count,
        count(case sla_status when 'cancelled' then 1 end) as cancelled_count,
        sum(case when stopped_at is not null then elapsed_seconds end) as elapsed_seconds
    from {{ ref('fct_sla_outcomes') }}
    where not is_test_channel
    group by all
),

policies as (
    select * from {{ ref('dim_sla_policies') }}
)

select *
from outcomes
full join {{ ref('mart_sla_by_day') }} as mart
    using (started_date, policy_id, metric, team_id, agent_id, channel_id)
left join policies using (policy_id)
where
    mart.sla_outcome_count is distinct from outcomes.outcome_count
    or mart.sla_met_count is distinct from outcomes.met_count
    or mart.sla_breached_count is distinct from outcomes.breached_count
    or mart.sla_running_count is distinct from outcomes.running_count
    or mart.sla_cancelled_count is distinct from outcomes.cancelled_count
    or mart.sla_decided_count is distinct from outcomes.met_count + outcomes.breached_count
    or mart.sla_attainment_rate is distinct from mart.sla_met_count / nullif(cast(mart.sla_decided_count as double), 0)
    or mart.sla_elapsed_sum_seconds is distinct from outcomes.elapsed_seconds
    or mart.target_seconds is distinct from policies.target_seconds
    or mart.metric is distinct from policies.metric
