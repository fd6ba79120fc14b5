-- What each online agent did in the twelve hours before as_of, told by other facts than those that the view reads, or
-- by other columns of them: presence intervals and visits, clipped here.
with

build as (
    select
        as_of,
        as_of - interval 12 hour as from_at
    from {{ ref('dim_build') }}
),

presence as (
    select
        presence.* exclude (started_at, ended_at),
        greatest(presence.started_at, build.from_at) as from_at,
        least(coalesce(presence.ended_at, build.as_of), build.as_of) as to_at,
        presence.started_at <= build.as_of and coalesce(presence.ended_at > build.as_of, true) as is_now
    from {{ ref('fct_agent_presence') }} as presence
    cross join build
),

handled as (
    select
        visits.agent_id,
        visits.session_id,
        greatest(visits.started_at, build.from_at) as from_at,
        least(coalesce(visits.ended_at, build.as_of), build.as_of) as to_at
    from {{ ref('fct_visits') }} as visits
    cross join build
    where
        visits.is_handled and not visits.is_test_channel and visits.started_at < build.as_of
        and (visits.started_at >= build.from_at or coalesce(visits.ended_at > build.from_at, true))
),

presence_summed as (
    select
        agent_id,
        bool_or(is_now and is_online) as is_online_now,
        {%- for status in ['online', 'available', 'away', 'unknown'] %}
        sum(case when is_{{ status }} then epoch_ms(to_at) - epoch_ms(from_at) else 0 end) as {{ status }}_ms,
        {%- endfor %}
        sum(case when is_online and not is_away then epoch_ms(to_at) - epoch_ms(from_at) else 0 end) as working_ms
    from presence
    where to_at > from_at or is_now
    group by agent_id
),

handled_summed as (
    select
        agent_id,
        count(distinct session_id) as handled_session_count,
        sum(epoch_ms(to_at) - epoch_ms(from_at)) as handle_ms
    from handled
    group by agent_id
),

handled_working as (
    select
        handled.agent_id,
        sum(
            epoch_ms(least(handled.to_at, presence.to_at)) - epoch_ms(greatest(handled.from_at, presence.from_at))
        ) as handle_working_ms
    from handled
    inner join presence
        on
            handled.agent_id = presence.agent_id
            and handled.from_at < presence.to_at
            and handled.to_at > presence.from_at
    where presence.is_online and not presence.is_away
    group by handled.agent_id
),

resolved as (
    select
        resolutions.resolved_by_agent_id as agent_id,
        count(distinct resolutions.session_id) as resolved_session_count
    from {{ ref('fct_resolutions') }} as resolutions
    cross join build
    where
        not resolutions.is_test_channel
        and resolutions.resolved_at >= build.from_at
        and resolutions.resolved_at < build.as_of
    group by resolutions.resolved_by_agent_id
),

satisfied as (
    select
        surveys.agent_id,
        count(*) filter (where surveys.score between 0 and surveys.scale_max) as valid_survey_count,
        count(*) filter (
            where surveys.score between 0 and surveys.scale_max and surveys.score * 5 >= surveys.scale_max * 4
        ) as satisfied_survey_count
    from {{ ref('fct_csat_responses') }} as surveys
    cross join build
    where
        not surveys.is_test_channel
        and surveys.responded_at >= build.from_at
        and surveys.responded_at < build.as_of
    group by surveys.agent_id
),

owned as (
    select
        agent_id,
        count(*) as open_work_count,
        count(distinct session_id) as owned_session_count
    from {{ ref('fct_agent_work') }}
    where not is_test_channel and accepted_at is not null and terminal_at is null and closed_at is null
    group by agent_id
),

expected as (
    select *
    from presence_summed
    left join handled_summed using (agent_id)
    left join handled_working using (agent_id)
    left join resolved using (agent_id)
    left join satisfied using (agent_id)
    left join owned using (agent_id)
    where is_online_now
)

select
    expected.agent_id as expected_agent_id,
    found.agent_id
from expected
full join {{ ref('rt_agents') }} as found on expected.agent_id = found.agent_id
where
    {%- for figure in [
        'handled_session_count', 'resolved_session_count', 'valid_survey_count', 'satisfied_survey_count',
        'open_work_count', 'owned_session_count'
    ] %}
    found.{{ figure }} is distinct from {{ or_zero('expected', figure) }} or
    {%- endfor %}
    {%- for figure in ['online', 'available', 'away', 'unknown', 'working', 'handle', 'handle_working'] %}
    coalesce(1000 * found.{{ figure }}_seconds, 0) is distinct from coalesce(expected.{{ figure }}_ms, 0) or
    {%- endfor %}
    found.utilisation_rate is distinct from
    cast(found.handle_working_seconds as double) / nullif(cast(found.working_seconds as double), 0)
    or found.csat_rate is distinct from
    cast(found.satisfied_survey_count as double) / nullif(cast(found.valid_survey_count as double), 0)
    or found.average_handle_seconds * found.handled_session_count - found.handle_seconds
    not between -0.0005 * found.handled_session_count and 0.0005 * found.handled_session_count      -- half up at 1 ms
