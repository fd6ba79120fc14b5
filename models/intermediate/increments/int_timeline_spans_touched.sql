-- Grain: one row per agent and span in which the timeline is cut anew: from a boundary of it that stays, to another.
{{ waits_for('int_agent_spans_touched', 'int_visit_spans_touched', 'int_presence_spans_touched') }}
with
{% if is_partial_build() %}
changes as (
    select
        agent_id,
        from_ms,
        to_ms
    from {{ ref('int_agent_spans_touched') }}
    union all
    select
        agent_id,
        from_ms,
        to_ms
    from {{ ref('int_visit_spans_touched') }}
    union all
    select
        agent_id,
        from_ms,
        to_ms
    from {{ ref('int_presence_spans_touched') }}
),

{{ spans_merged('changes', 'agent_id', 'changes_merged') }},

segments as (
    select
        agent_id,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        {{ epoch_milliseconds('ended_at') }} as ended_ms
    from {{ standing('fct_agent_timeline') }} as stood
    inner join (
        select
            agent_id,
            min(from_ms) as first_ms
        from changes_merged
        group by agent_id
    ) as agents using (agent_id)
    where
        {{ epoch_milliseconds('stood.ended_at') }} >= agents.first_ms
        -- So that the engine skips what is long past.
        and stood.ended_at >= {{ earliest_of('changes_merged', 'from_ms') }}
),

spans as (
    select
        changes_merged.agent_id,
        coalesce(before.started_ms, {{ since_ever_ms() }}) as from_ms,
        coalesce(after.ended_ms, {{ for_ever_ms() }}) as to_ms
    from changes_merged
    {{ join_latest('segments', 'before', {'agent_id': 'changes_merged.agent_id'}, 'started_ms', '>', 'changes_merged.from_ms') }}
    {{ join_next('segments', 'after', {'agent_id': 'changes_merged.agent_id'}, 'ended_ms', 'changes_merged.to_ms') }}
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
