-- Grain: one row per clock (metric, session, response) that a policy holds for: the one most specific to it.
with

clocks as {{ inlined() }} (
    select * from {{ ref('int_sla_clocks_scoped') }}
),

policies as (
    select * from {{ ref('int_sla_policies_ranked') }}
),

scopes as (
    select distinct
        metric,
        channel_id,
        team_id,
        topic_id
    from clocks
),

candidates as (      -- policies are compared with the few scopes that occur, and not with every clock
    select
        scopes.*,
        policies.policy_id,
        policies.rank_number,
        policies.clock,
        policies.target_ms,
        policies.valid_from,
        policies.valid_to
    from scopes
    inner join policies
        on
            scopes.metric = policies.metric
            and coalesce(scopes.channel_id = policies.channel_id, policies.channel_id is null)
            and coalesce(scopes.team_id = policies.team_id, policies.team_id is null)
            and coalesce(scopes.topic_id = policies.topic_id, policies.topic_id is null)
),

final as (
    select
        clocks.*,
        candidates.policy_id,
        candidates.clock,
        candidates.target_ms
    from clocks
    inner join candidates
        on
            clocks.metric = candidates.metric
            and clocks.channel_id is not distinct from candidates.channel_id
            and clocks.team_id is not distinct from candidates.team_id
            and clocks.topic_id is not distinct from candidates.topic_id
            and clocks.started_at >= coalesce(candidates.valid_from, clocks.started_at)
            and coalesce(clocks.started_at < candidates.valid_to, true)
    qualify row_number() over (
            partition by clocks.metric, clocks.session_id, clocks.response_number order by candidates.rank_number
        ) = 1
)

select * from final
