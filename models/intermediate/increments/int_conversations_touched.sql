-- Grain: one row per conversation that has to be computed anew, whole. Empty in a build that computes all of them.
{{ waits_for(
    'int_conversations_changed', 'int_conversations_soon_after', 'int_agent_moments_touched', 'int_conversations_delivered'
) }}
{{ config(post_hook=journal_conversations()) }}
{%- set with_moments = with_first_moments('found') %}
with
{% if is_partial_build() %}
changed as (
    select * from {{ ref('int_conversations_changed') }}
),

visits as (
    select
        *,
        {{ epoch_milliseconds('started_at') }} as started_ms,
        coalesce({{ epoch_milliseconds('ended_at') }}, 253402300799999) as ended_ms
    from {{ rows_since(standing('fct_visits'), 'ended_at', earliest_of(ref('int_agent_moments_touched'), 'from_ms')) }}
),

-- An agent has one conversation in focus: what came into one of them cuts the visits to others.
looked_at_meanwhile as (
    select visits.conversation_id
    from visits
    inner join {{ ref('int_agent_moments_touched') }} as moments
        on
            visits.agent_id = moments.agent_id
            and visits.started_ms <= moments.to_ms
            and visits.ended_ms >= moments.from_ms
),

found as (
    select conversation_id from changed
    union
    select conversation_id from looked_at_meanwhile
    union
    select conversation_id from {{ ref('int_conversations_soon_after') }}
),
{% else %}
found as (
    select * from {{ ref('int_conversations_changed') }}
    where false
),
{% endif %}
final as (
    {{ with_moments if is_partial_build() else 'select * from found' }}
)

select * from final
