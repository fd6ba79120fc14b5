-- Grain: one row per accepted presence event.
{{ config(materialized='view') }}
with

events as (
    select
        presence.event_id,
        presence.agent_id,
        presence.status,
        {{ epoch_milliseconds('presence.occurred_at') }} as occurred_ms,
        statuses.is_online
    from {{ ref('int_presence_events_deduplicated') }} as presence
    inner join {{ ref('stg_messaging__presence_statuses') }} as statuses using (status)
    -- The build's guards stand before every fact, also where no conversation does.
    inner join {{ ref('int_build') }} as build on presence.received_at <= build.as_of
    {{ 'where false' if not is_recorded('presence') }}
),

final as (
    {{ within_spans('events', 'occurred_ms', 'int_presence_spans_touched') }}
)

select * from final
