-- Grain: one row per conversation of whose events something was delivered, or became visible, since the last build.
{{ waits_for('int_build_scope', 'stg_messaging__conversation_event_deliveries') }}
with
{% if is_partial_build() %}
scope as (
    select * from {{ ref('int_build_scope') }}
),

-- Of one event the earliest delivery wins, whichever conversation it names: all of them are to be judged anew.
found as (
    select
        id as conversation_id,
        from_ms as first_ms
    from {{ journal('touched') }}
    where unit = 'conversation'
    union all
    select
        {{ conversation_of_delivery() }} as conversation_id,
        {{ first_moment_of_delivery() }} as first_ms
    from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where received_at > (select last_as_of from scope)
    union all
    select
        conversation_id,
        first_ms
    from {{ ref('int_event_deliveries_touched') }}
),
{% else %}
found as (
    select * from {{ ref('int_event_deliveries_touched') }}
    where false
),
{% endif %}
final as (
    select
        conversation_id,
        min(first_ms) as first_ms
    from found
    group by conversation_id
)

select * from final
