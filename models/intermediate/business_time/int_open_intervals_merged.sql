-- Grain: one row per schedule and uninterrupted stretch of being open, in UTC, with what was open before it.
with

hours as (      -- a change of the clocks can leave nothing of short hours
    select * from {{ ref('int_opening_hours_dated') }}
    where closed_at > opened_at
),

closings_compared as (
    select
        *,
        max(closed_at) over (
            partition by business_hours_id order by opened_at, closed_at
            rows between unbounded preceding and 1 preceding
        ) as latest_closed_at
    from hours
),

stretches_numbered as (      -- what touches is one stretch
    select
        *,
        count(*) filter (where latest_closed_at is null or opened_at > latest_closed_at) over (
            partition by business_hours_id order by opened_at, closed_at
            rows between unbounded preceding and current row
        ) as stretch_number
    from closings_compared
),

merged as (
    select
        business_hours_id,
        min(opened_at) as opened_at,
        max(closed_at) as closed_at
    from stretches_numbered
    group by business_hours_id, stretch_number
),

measured as (
    select
        *,
        {{ milliseconds_between('opened_at', 'closed_at') }} as open_ms
    from merged
),

final as (
    select
        *,
        cast(coalesce(sum(open_ms) over (
            partition by business_hours_id order by opened_at rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as open_ms_before
    from measured
)

select * from final
