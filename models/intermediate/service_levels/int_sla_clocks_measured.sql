-- Grain: one row per clock (metric, session, response) that a policy holds for, read on the policy's clock.
with

clocks as (      -- a policy on the calendar reads a clock that never stands still
    select
        policed.*,
        case when policed.clock = 'business' then policed.business_hours_id end as schedule_id,
        sessions.ended_at,
        sessions.as_of,
        coalesce(policed.stopped_at, sessions.ended_at, sessions.as_of) as reading_at
    from {{ ref('int_sla_policies_matched') }} as policed
    inner join {{ ref('int_sessions_concluded') }} as sessions using (session_id)
),

read_out as (
    select
        clocks.*,
        {{ open_ms_at('open_at_start', 'clocks.started_at') }} + clocks.target_ms as open_ms_when_due,
        case
            when clocks.reading_at >= clocks.started_at
                then {{ business_ms_between(
                    'clocks.schedule_id', 'open_at_start', 'clocks.started_at', 'open_at_reading', 'clocks.reading_at'
                ) }}
            -- The session was over, by an end that clocks put before its start, or the looking is: nothing has passed.
            when clocks.stopped_at is null then 0
        end as elapsed_ms
    from clocks
    {{ join_opened_by('open_at_start', 'clocks.schedule_id', 'clocks.started_at') }}
    {{ join_opened_by('open_at_reading', 'clocks.schedule_id', 'clocks.reading_at') }}
),

final as (
    select
        read_out.* exclude (open_ms_when_due),
        case
            when read_out.target_ms = 0 then read_out.started_at
            when read_out.schedule_id is null
                then {{ timestamp_from_milliseconds(
                    epoch_milliseconds('read_out.started_at') ~ ' + read_out.target_ms'
                ) }}
            -- Beyond the last interval nothing is known.
            when read_out.open_ms_when_due <= due_in.open_ms_before + due_in.open_ms
                then {{ timestamp_from_milliseconds(
                    epoch_milliseconds('due_in.opened_at') ~ ' + read_out.open_ms_when_due - due_in.open_ms_before'
                ) }}
        end as due_at
    from read_out
    -- Strictly more: a target that is used up exactly at closing is due at closing.
    {{ join_latest(
        ref('int_open_intervals_merged'), 'due_in', {'business_hours_id': 'read_out.schedule_id'}, 'open_ms_before', '>',
        'read_out.open_ms_when_due'
    ) }}
)

select * from final
