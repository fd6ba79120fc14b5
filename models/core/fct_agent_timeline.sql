-- Grain: one row per segment of an agent's time: constant presence, focus, open work and team.
with

segments as (
    select
        *,
        {{ timestamp_from_milliseconds('started_ms') }} as started_at,
        {{ timestamp_from_milliseconds('ended_ms') }} as ended_at
    from {{ ref('int_agent_segments') }}
),

presence as (
    select * from {{ reaching_into_spans(ref('fct_agent_presence')) }}
),

visits as (
    select * from {{ reaching_into_spans(ref('fct_visits')) }}
),

final as (
    select
        segments.agent_id,
        segments.team_id,
        segments.presence_event_id,
        segments.visit_id,
        visits.conversation_id,
        visits.session_id,
        visits.channel_id,
        presence.status,
        segments.started_at,
        segments.ended_at,
        {%- for work in ['open_work', 'test_work'] %}
        {{ if_recorded('work', 'segments.' ~ work ~ '_count', 'bigint') }} as {{ work }}_count,
        {{ seconds_if_recorded('work', seconds_from_milliseconds('segments.' ~ work ~ '_thousandths')) }}
            as {{ work }}_weight,
        {%- endfor %}
        presence.capacity,
        {{ seconds_from_milliseconds('segments.ended_ms - segments.started_ms') }} as segment_seconds,
        presence.is_online,
        presence.is_available,
        presence.is_away,
        presence.is_unknown,
        coalesce(visits.is_handled, false) as is_handled,
        coalesce(visits.is_test_channel, false) as is_test_channel,
        -- Segments lie between instants in their order, so they cannot run backwards.
        false as has_clock_anomaly
    from segments
    left join visits using (visit_id)
    left join presence
        on
            segments.presence_event_id = presence.presence_event_id
            and segments.started_at >= presence.started_at
            -- With an `or` here the engine compares each segment with each interval.
            and segments.started_at < coalesce(presence.ended_at, timestamp '9999-12-31')
)

select * from final
order by started_at
