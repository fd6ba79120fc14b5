-- Grain: one row per day, policy, metric, team, agent and channel; outcomes count on the day their clock started.
with

outcomes as (
    select
        *,
        {{ id_or_none('team_id') }} as team,
        {{ id_or_none('agent_id') }} as agent,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_sla_outcomes') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

outcomes_by_day as (
    select
        started_date,
        policy_id,
        metric,
        team as team_id,
        agent as agent_id,
        channel as channel_id,
        {{- metrics([
            'sla_outcome_count', 'sla_met_count', 'sla_breached_count', 'sla_running_count', 'sla_cancelled_count',
            'sla_decided_count', 'sla_attainment_rate', 'sla_elapsed_count', 'sla_elapsed_sum_seconds',
            'average_sla_elapsed_seconds', 'p50_sla_elapsed_seconds', 'p90_sla_elapsed_seconds',
            'p95_sla_elapsed_seconds'
        ]) }}
    from outcomes
    group by started_date, policy_id, metric, team, agent, channel
),

policies as (
    select * from {{ ref('dim_sla_policies') }}
),

final as (
    select
        by_day.*,
        policies.policy_name,
        policies.clock,
        policies.target_seconds
    from outcomes_by_day as by_day
    left join policies using (policy_id)
)

select * from final
{{ in_order_of('started_date') }}
