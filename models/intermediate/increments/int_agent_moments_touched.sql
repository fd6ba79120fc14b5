-- Grain: one row per agent and span of time in which something of the agent's was delivered since the last build.
{{ waits_for(
    'int_build_scope',
    'int_conversations_unsettled',
    'stg_messaging__conversation_event_deliveries',
    'stg_messaging__conversation_event_ledger',
    'stg_messaging__presence_event_deliveries'
) }}
{{ config(post_hook=journal_agents()) }}
with
{% if is_partial_build() %}
scope as (
    select * from {{ ref('int_build_scope') }}
),

moments as (
    select
        id as agent_id,
        from_ms,
        to_ms
    from {{ journal('touched') }}
    where unit = 'agent'
    union
    select
        actor_id as agent_id,
        {{ epoch_milliseconds('occurred_at') }} as from_ms,
        {{ epoch_milliseconds('occurred_at') }} as to_ms
    from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where
        actor_type = 'agent'
        and rejection_reason is null
        and received_at > (select last_as_of from scope)
    union
    select
        actor_id as agent_id,
        {{ epoch_milliseconds('occurred_at') }} as from_ms,
        {{ epoch_milliseconds('occurred_at') }} as to_ms
    from {{ deliveries_of(ref('int_conversations_unsettled')) }}
    where
        actor_type = 'agent'
        and rejection_reason is null
        and {{ is_delivered_as_of() }}
    union
    select
        agent_id,
        {{ epoch_milliseconds('occurred_at') }} as from_ms,
        {{ epoch_milliseconds('occurred_at') }} as to_ms
    from {{ ref('stg_messaging__presence_event_deliveries') }}
    where
        rejection_reason is null
        and (
            received_at > (select last_as_of from scope)
            or event_id in (
                select id from {{ journal('touched') }}
                where unit = 'presence_event'
            )
        )
),

told as (
    select * from moments
    where agent_id is not null and from_ms is not null
),
{% else %}
told as (
    select
        agent_id,
        cast(null as bigint) as from_ms,
        cast(null as bigint) as to_ms
    from {{ ref('stg_messaging__presence_event_deliveries') }}
    where false
),
{% endif %}
{{ spans_merged('told', 'agent_id') }},

final as (
    select
        agent_id,
        from_ms,
        to_ms
    from spans_merged
)

select * from final
