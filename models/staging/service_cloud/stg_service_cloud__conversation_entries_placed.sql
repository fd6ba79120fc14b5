-- Grain: one row per entry of a conversation, with the session that it is of; null where none is near.
with

ranked as (      -- of one moment the platform's own order: by when it received them
    select
        *,
        dense_rank() over (partition by belongs_to_id, entered_at order by received_at nulls first) - 1 as later_by
    from {{ ref('stg_service_cloud__conversation_entries') }}
),

entries as (
    select
        * exclude (later_by) replace (
            {{ timestamp_from_milliseconds(epoch_milliseconds('entered_at') ~ ' + later_by') }} as entered_at
        )
    from ranked
),

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions_sequenced') }}
),

one_after_another as (
    select * from sessions
    where not is_within_another
),

named as (
    select
        entries.* exclude (belongs_to_id),
        coalesce(sessions.thread_id, entries.belongs_to_id) as thread_id,
        case
            when {{ is_of_the_session_it_names('entries.entered_at', 'sessions') }} then sessions.messaging_session_id
        end as messaging_session_id
    from entries
    left join sessions on entries.belongs_to_id = sessions.messaging_session_id
),

timed as (      -- how far from the sessions around it, in milliseconds
    select
        named.*,
        case
            when going_on.ended_at is null or named.entered_at < {{ end_of_its_second('going_on.ended_at') }}
                then going_on.messaging_session_id
        end as session_going_on_id,
        before_it.messaging_session_id as session_before_id,
        coalesce({{ milliseconds_between('before_it.ended_at', 'named.entered_at') }}, 0) as milliseconds_after,
        after_it.messaging_session_id as session_after_id,
        {{ milliseconds_between('named.entered_at', 'after_it.started_at') }} as milliseconds_until
    from named
    {{ join_latest('sessions', 'going_on', {'thread_id': 'named.thread_id'}, 'started_at', '>=', 'named.entered_at') }}
    {{ join_latest(
        'one_after_another', 'before_it', {'thread_id': 'named.thread_id'}, 'started_at', '>=', 'named.entered_at'
    ) }}
    {{ join_latest(
        'one_after_another', 'after_it', {'thread_id': 'named.thread_id'}, 'started_at', '<', 'named.entered_at'
    ) }}
    where named.messaging_session_id is null
),

{%- set nearby = 1000 * (var('clock_skew_tolerance_seconds') or 0) %}

nearest as (
    select
        timed.* exclude (
            session_going_on_id, session_before_id, milliseconds_after, session_after_id, milliseconds_until
        ) replace (
            case
                when session_going_on_id is not null then session_going_on_id
                when
                    session_before_id is not null
                    and milliseconds_after <= least({{ nearby }}, coalesce(milliseconds_until, {{ nearby }}))
                    then session_before_id
                when milliseconds_until <= {{ nearby }} then session_after_id
            end as messaging_session_id
        )
    from timed
),

final as (
    select * exclude (thread_id) from named
    where messaging_session_id is not null
    union all
    select * exclude (thread_id) from nearest
)

select * from final
