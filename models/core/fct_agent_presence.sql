-- Grain: one row per presence interval; where an online status has gone stale, the rest of it is one of its own.
{{ waits_for('int_agent_spans_touched') }}
with

intervals as (
    select
        *,
        {{ timestamp_from_milliseconds('started_ms') }} as started_at,
        {{ timestamp_from_milliseconds('ended_ms') }} as ended_at
    from {{ ref('int_presence_known') }}
    where is_paired_anew
),

events as (
    select * from {{ ref('int_presence_events_deduplicated') }}
),

statuses as (
    select * from {{ ref('stg_messaging__presence_statuses') }}
),

build as (
    select * from {{ ref('int_build') }}
),

final as (
    select
        intervals.agent_id,
        teams_then.team_id,
        intervals.presence_event_id,
        intervals.status,
        intervals.started_at,
        intervals.ended_at,
        case when not intervals.is_unknown then events.capacity end as capacity,
        {{ seconds_between('intervals.started_at', 'intervals.ended_at') }} as presence_seconds,
        not intervals.is_unknown and statuses.is_online as is_online,
        {%- for what, flag in {'availability': 'is_available', 'away': 'is_away'}.items() %}
        {{ if_recorded(what, 'not intervals.is_unknown and statuses.' ~ flag, 'boolean') }} as {{ flag }},
        {%- endfor %}
        intervals.is_unknown,
        coalesce(intervals.started_at <= build.as_of, false) and coalesce(build.as_of < intervals.ended_at, true)
            as is_current,
        -- Intervals are cut out of events in their order, so they cannot run backwards.
        false as has_clock_anomaly
    from intervals
    inner join events on intervals.presence_event_id = events.event_id
    inner join statuses on events.status = statuses.status
    cross join build
    {{ join_team_of('intervals.agent_id', 'intervals.started_at') }}
)

select * from final
