-- A schedule's open intervals have a gap between them, none is empty, and each knows what was open before it.
with

intervals as (
    select
        *,
        {{ milliseconds_between('opened_at', 'closed_at') }} as length_ms,
        lead(opened_at) over in_order as next_opened_at,
        lead(open_ms_before) over in_order as next_open_ms_before,
        lag(closed_at) over in_order is null as is_first
    from {{ ref('int_open_intervals_merged') }}
    window in_order as (partition by business_hours_id order by opened_at)
)

select
    business_hours_id,
    opened_at
from intervals
where
    closed_at <= opened_at
    or next_opened_at <= closed_at
    or open_ms is distinct from length_ms
    or (is_first and open_ms_before != 0)
    or (next_opened_at is not null and next_open_ms_before is distinct from open_ms_before + open_ms)
