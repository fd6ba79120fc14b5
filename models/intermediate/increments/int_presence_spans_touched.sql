-- Grain: one row per agent and span in which presence is paired anew: from one presence event to another.
{{ waits_for('int_agent_spans_touched', 'int_presence_events_deduplicated') }}
with
{% if is_partial_build() %}
changes as (
    select * from {{ ref('int_agent_spans_touched') }}
),

events as (
    select
        agent_id,
        {{ epoch_milliseconds('occurred_at') }} as occurred_ms
    from {{ ref('int_presence_events_deduplicated') }}
),

events_since as (      -- of few changes, mostly late: the next of each is among few, too
    select * from events
    where occurred_ms >= (select min(from_ms) from changes)
),

spans as (
    select
        changes.agent_id,
        coalesce(before.occurred_ms, {{ since_ever_ms() }}) as from_ms,
        coalesce(after.occurred_ms, {{ for_ever_ms() }}) as to_ms
    from changes
    {{ join_latest('events', 'before', {'agent_id': 'changes.agent_id'}, 'occurred_ms', '>', 'changes.from_ms') }}
    {{ join_next('events_since', 'after', {'agent_id': 'changes.agent_id'}, 'occurred_ms', 'changes.to_ms') }}
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
