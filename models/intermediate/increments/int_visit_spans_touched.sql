-- Grain: one row per agent and span in which visits are paired anew: from the start of one, to the start of another.
{{ waits_for('int_agent_spans_touched') }}
with
{% if is_partial_build() %}
changes as (
    select * from {{ ref('int_agent_spans_touched') }}
),

visits as (
    select
        visits.agent_id,
        {{ epoch_milliseconds('visits.started_at') }} as started_ms,
        coalesce({{ epoch_milliseconds('visits.ended_at') }}, {{ for_ever_ms() }}) as ended_ms
    from {{ rows_since(standing('fct_visits'), 'ended_at', earliest_of('changes', 'from_ms')) }} as visits
    inner join (
        select
            agent_id,
            min(from_ms) as first_ms
        from changes
        group by agent_id
    ) as agents using (agent_id)
    where coalesce({{ epoch_milliseconds('visits.ended_at') }}, {{ for_ever_ms() }}) >= agents.first_ms
),

-- What happens in a visit, or as it ends, changes it.
begun as (
    select
        changes.agent_id,
        changes.from_ms,
        changes.to_ms,
        least(changes.from_ms, min(visits.started_ms)) as span_from_ms
    from changes
    left join visits
        on
            changes.agent_id = visits.agent_id
            and visits.started_ms <= changes.from_ms
            and visits.ended_ms >= changes.from_ms
    group by changes.agent_id, changes.from_ms, changes.to_ms
),

-- The first visit that begins afterwards may begin earlier now; from the one after it on, all is as it was.
followed as (
    select
        begun.*,
        -- An ASOF join finds something for a null, too.
        coalesce(next_visits.started_ms, {{ for_ever_ms() }}) as next_ms
    from begun
    {{ join_next('visits', 'next_visits', {'agent_id': 'begun.agent_id'}, 'started_ms', 'begun.to_ms') }}
),

spans as (
    select
        followed.agent_id,
        followed.span_from_ms as from_ms,
        coalesce(next_visits.started_ms, {{ for_ever_ms() }}) as to_ms
    from followed
    {{ join_next('visits', 'next_visits', {'agent_id': 'followed.agent_id'}, 'started_ms', 'followed.next_ms') }}
),
{% else %}
spans as (
    select * from {{ ref('int_agent_spans_touched') }}
    where false
),
{% endif %}
{{ spans_merged('spans', 'agent_id') }},

final as (
    select
        agent_id,
        from_ms,
        to_ms
    from spans_merged
)

select * from final
