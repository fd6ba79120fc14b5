-- Every first response, next response and resolution has one outcome, by the most specific policy, or no policy at all.
with

outcomes as (
    select * from {{ ref('fct_sla_outcomes') }}
),

policies as (
    select
        *,
        case when channel_id is null then 0 else 1 end + case when team_id is null then 0 else 1 end
        + case when topic_id is null then 0 else 1 end as scope_count
    from {{ ref('dim_sla_policies') }}
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
),

answered_by_agents as (
    select session_id
    from {{ ref('fct_responses') }}
    where responder_type = 'agent'
    group by session_id
),

things as (
    select
        'first_response' as metric,
        session_id,
        cast(null as bigint) as response_number,
        first_response_started_at as started_at,
        channel_id
    from sessions
    where is_inbound and first_response_started_at is not null
    union all
    select
        'next_response' as metric,
        responses.session_id,
        responses.response_number,
        responses.prompted_first_at,
        sessions.channel_id
    from {{ ref('fct_responses') }} as responses
    inner join sessions using (session_id)
    left join answered_by_agents using (session_id)
    where
        (
            responses.responder_type = 'agent'
            and responses.responded_event_id is distinct from sessions.first_response_event_id
        )
        or (
            not responses.is_answered
            and (answered_by_agents.session_id is not null or sessions.first_response_event_id is not null)
        )
    union all
    select
        'resolution' as metric,
        session_id,
        null as response_number,
        started_at,
        channel_id
    from sessions
    where {{ is_recorded('resolutions') }}
),

compared as (
    select
        coalesce(things.session_id, outcomes.session_id) as session_id,
        coalesce(things.metric, outcomes.metric) as metric,
        coalesce(things.started_at, outcomes.started_at) as started_at,
        coalesce(things.channel_id, outcomes.channel_id) as channel_id,
        outcomes.team_id,
        outcomes.topic_id,
        outcomes.policy_id,
        things.session_id is null as is_made_up,
        (outcomes.started_at is distinct from things.started_at) as is_started_elsewhen
    from things
    full join outcomes
        on
            things.metric = outcomes.metric
            and things.session_id = outcomes.session_id
            and things.response_number is not distinct from outcomes.response_number
),

-- What has no outcome has no team and topic here, so that of its policies those remain that ask for neither.
better_policies as (
    select compared.session_id
    from compared
    inner join policies as candidates
        on
            compared.metric = candidates.metric
            and coalesce(compared.channel_id = candidates.channel_id, candidates.channel_id is null)
            and coalesce(compared.team_id = candidates.team_id, candidates.team_id is null)
            and coalesce(compared.topic_id = candidates.topic_id, candidates.topic_id is null)
    left join policies as held on compared.policy_id = held.policy_id
    where
        coalesce(candidates.valid_from <= compared.started_at, true)
        and coalesce(candidates.valid_to > compared.started_at, true)
        and (
            compared.policy_id is null or candidates.scope_count > held.scope_count
            or (candidates.scope_count = held.scope_count and candidates.policy_id < compared.policy_id)
        )
),

wrong_policies as (
    select compared.session_id
    from compared
    left join policies as held
        on compared.policy_id = held.policy_id and compared.metric = held.metric
    where
        compared.policy_id is not null
        and (
            held.policy_id is null
            or held.valid_from > compared.started_at
            or held.valid_to <= compared.started_at
            or compared.channel_id is distinct from coalesce(held.channel_id, compared.channel_id)
            or compared.team_id is distinct from coalesce(held.team_id, compared.team_id)
            or compared.topic_id is distinct from coalesce(held.topic_id, compared.topic_id)
        )
)

select session_id from compared
where is_made_up or (policy_id is not null and is_started_elsewhen)
union all
select session_id from better_policies
union all
select session_id from wrong_policies
