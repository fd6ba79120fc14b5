-- Sessions are numbered without gap; each but the last has ended, and no later than the next one starts.
with

followed as (
    select
        session_id,
        session_number,
        ended_at,
        row_number() over (partition by conversation_id order by started_at, session_number) as place,
        lead(started_at) over (partition by conversation_id order by session_number) as next_started_at
    from {{ ref('fct_messaging_sessions') }}
)

select * from followed
where
    session_number is distinct from place
    or (next_started_at is not null and (ended_at is null or ended_at > next_started_at))
