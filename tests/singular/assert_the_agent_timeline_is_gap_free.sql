-- An agent's segments follow one another without gap, from the first start to the last end of presence, visits and open
-- work; what is open runs to as_of. They sum to that span.
with

build as (
    select as_of from {{ ref('dim_build') }}
),

stretches as (
    select
        agent_id,
        started_at,
        ended_at
    from {{ ref('fct_agent_presence') }}
    union all
    select
        agent_id,
        started_at,
        ended_at
    from {{ ref('fct_visits') }}
    union all
    select
        works.agent_id,
        works.accepted_at as started_at,
        coalesce(works.terminal_at, works.closed_at) as ended_at
    from {{ ref('fct_agent_work') }} as works
    cross join build
    where
        works.is_accepted
        and works.agent_id is not null
        and works.accepted_at < coalesce(works.terminal_at, works.closed_at, build.as_of)
),

spans as (
    select
        stretches.agent_id,
        min(stretches.started_at) as started_at,
        max(coalesce(stretches.ended_at, greatest(stretches.started_at, build.as_of))) as ended_at
    from stretches
    cross join build
    group by stretches.agent_id
),

followed as (
    select
        *,
        lag(ended_at) over (partition by agent_id order by started_at) as previous_ended_at
    from {{ ref('fct_agent_timeline') }}
),

timelines as (
    select
        agent_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        sum(segment_seconds) as segment_seconds,
        count(*) filter (where previous_ended_at is distinct from started_at) as beginning_count
    from followed
    group by agent_id
)

select agent_id
from spans
full join timelines using (agent_id)
where
    (timelines.agent_id is null and spans.started_at < spans.ended_at)
    or (
        timelines.agent_id is not null
        and (
            spans.started_at is distinct from timelines.started_at
            or spans.ended_at is distinct from timelines.ended_at
            or timelines.beginning_count is distinct from 1
            or timelines.segment_seconds is distinct from {{ seconds_between('spans.started_at', 'spans.ended_at') }}
        )
    )
