-- Grain: one row per accepted event by an agent in a conversation: a sign that somebody is there.
{{ waits_for('stg_messaging__event_types') }}
{{ config(materialized='working_set') }}
with

signs as (
    select
        actor_id as agent_id,
        {{ epoch_milliseconds('occurred_at') }} as occurred_ms
    from {{ events_of_agents('int_presence_spans_touched') }}
    where actor_type = 'agent'
),

final as (
    {{ within_spans('signs', 'occurred_ms', 'int_presence_spans_touched') }}
)

select * from final
