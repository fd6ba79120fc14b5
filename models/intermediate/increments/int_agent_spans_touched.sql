-- Grain: one row per agent and span of the agent's time in which anything may have changed, both ends included.
{{ waits_for('int_build_scope', 'int_agent_events_changed', 'int_agent_works_changed', 'int_agents_reassigned') }}
{{ config(post_hook=journal_agents()) }}
{%- set last_as_of = '(select last_as_of from ' ~ ref('int_build_scope') ~ ')' %}
with
{% if is_partial_build() %}
scope as (
    select * from {{ ref('int_build_scope') }}
),

unfinished as (      -- whatever was open then runs on to the present as_of
    select agent_id from {{ standing('fct_agent_timeline') }}
    where ended_at >= {{ last_as_of }}
    union
    select agent_id from {{ rows_since(standing('fct_agent_presence'), 'ended_at', last_as_of) }}
    union
    select agent_id from {{ rows_since(standing('fct_visits'), 'ended_at', last_as_of) }}
),

spans as (
    select
        agent_id,
        from_ms,
        to_ms
    from {{ ref('int_agent_moments_touched') }}
    union all
    select
        agent_id,
        {{ epoch_milliseconds('occurred_at') }} as from_ms,
        {{ epoch_milliseconds('occurred_at') }} as to_ms
    from {{ ref('int_agent_events_changed') }}
    union all
    select
        agent_id,
        {{ epoch_milliseconds('least(accepted_at, open_until_at)') }} as from_ms,
        case      -- of a null and a time the greatest is the time
            when open_until_at is null then {{ for_ever_ms() }}
            else {{ epoch_milliseconds('greatest(accepted_at, open_until_at)') }}
        end as to_ms
    from {{ ref('int_agent_works_changed') }}
    where accepted_at is not null
    union all
    select
        agent_id,
        {{ since_ever_ms() }} as from_ms,
        {{ for_ever_ms() }} as to_ms
    from {{ ref('int_agents_reassigned') }}
    union all
    select
        unfinished.agent_id,
        scope.last_as_of_ms as from_ms,
        {{ for_ever_ms() }} as to_ms
    from unfinished
    cross join scope
),
{% else %}
spans as (
    select * from {{ ref('int_agent_moments_touched') }}
    where false
),
{% endif %}
spans_told as (
    select * from spans
    where agent_id is not null
),

{{ spans_merged('spans_told', 'agent_id') }},

final as (
    select
        agent_id,
        from_ms,
        to_ms
    from spans_merged
)

select * from final
