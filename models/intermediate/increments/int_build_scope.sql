-- Grain: one row: the moment that the build speaks for, and whether it builds on the last one or makes everything anew.
{{ config(post_hook=[forget_what_is_not_built_on(), journal_attempt(), journal_seen()]) }}
{{ wait_for_reference_tables() }}
with

-- The newest of each log first: the engine skips what is older where it is asked for one table's.
newest_events as (
    select received_at
    from {{ ref('stg_messaging__conversation_event_deliveries') }}
    where rejection_reason is null
    order by received_at desc
    limit 2
),

newest_presence as (
    select received_at
    from {{ ref('stg_messaging__presence_event_deliveries') }}
    where rejection_reason is null
    order by received_at desc
    limit 2
),

newest_times as (
    select * from newest_events
    union all
    select * from newest_presence
    order by received_at desc
    limit 2
),

measured as (
    select
        (select max(received_at) from newest_times) as newest_received_at,
        (select min(received_at) from newest_times) as next_newest_received_at,
        greatest(
            (select max(received_at) from {{ ref('stg_messaging__conversation_event_deliveries') }}),
            (select max(received_at) from {{ ref('stg_messaging__presence_event_deliveries') }})
        ) as last_received_at
),

guarded as (
    select
        *,
        coalesce({{ as_of_given() }}, newest_received_at) as as_of,
        coalesce({{ as_of_given() }}, last_received_at) as received_until,
        {{ stop_when_clock_jumps('next_newest_received_at', 'newest_received_at') }} as clock_guard
    from measured
),

final as (
    select
        guarded.as_of,
        {{ epoch_milliseconds('guarded.as_of') }} as as_of_ms,
        guarded.received_until,
        -- What speaks for an earlier moment has to take back what others took from the silence, those that died too;
        -- and what looks less far, what they rejected.
        coalesce(
            definitions.builds_on_the_last
            and guarded.as_of >= definitions.furthest_as_of
            and (
                definitions.furthest_received_until is null
                or guarded.received_until >= definitions.furthest_received_until
            ),
            false
        ) as builds_on_the_last,
        definitions.last_as_of,
        {{ epoch_milliseconds('definitions.last_as_of') }} as last_as_of_ms,
        {{ local_date('definitions.last_as_of') }} as last_as_of_day,
        -- No clock that is believed is further ahead.
        {{ local_date("guarded.as_of + interval '" ~ var('clock_skew_tolerance_seconds') ~ " seconds'") }}
            as last_day,
        definitions.config_fingerprint,
        definitions.code_fingerprint
    from guarded
    cross join {{ ref('stg_messaging__definitions') }} as definitions
    where guarded.clock_guard
)

select * from final
