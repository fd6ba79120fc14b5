-- One conversation in focus at a time: each visit of an agent but the last has ended, no later than the next starts.
with

followed as (
    select
        visit_id,
        started_at,
        ended_at,
        is_open,
        lead(started_at) over (partition by agent_id order by started_at, is_open, ended_at, visit_id)
            as next_started_at
    from {{ ref('fct_visits') }}
)

select * from followed
where
    ended_at < started_at
    or is_open is distinct from (ended_at is null)
    or (next_started_at is not null and (ended_at is null or ended_at > next_started_at))
