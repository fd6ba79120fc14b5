-- An open interval stands unchanged, once, on each UTC date of the moments until the next one begins.
with

intervals as (
    select
        *,
        lead(opened_at) over (partition by business_hours_id order by opened_at) as next_opened_at
    from {{ ref('int_open_intervals_merged') }}
),

dated as (
    select
        business_hours_id,
        opened_at,
        closed_at,
        open_ms_before,
        next_opened_at,
        min(moment_date) as first_date,
        max(moment_date) as last_date,
        count(*) as date_count
    from {{ ref('int_open_intervals_by_date') }}
    group by business_hours_id, opened_at, closed_at, open_ms_before, next_opened_at
)

select
    business_hours_id,
    opened_at
from intervals
full outer join dated using (business_hours_id, opened_at)
where
    intervals.closed_at is distinct from dated.closed_at
    or intervals.open_ms_before is distinct from dated.open_ms_before
    or coalesce(intervals.next_opened_at, dated.next_opened_at) is distinct from dated.next_opened_at
    or dated.first_date is distinct from cast(intervals.opened_at as date)
    or dated.last_date is distinct from cast(dated.next_opened_at - interval 1 millisecond as date)
    or dated.date_count is distinct from dated.last_date - dated.first_date + 1
