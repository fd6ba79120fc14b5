-- Grain: one row per schedule, UTC date and open interval that is the last to have begun at some moment of the date.
with

followed as (
    select
        *,
        lead(opened_at) over (partition by business_hours_id order by opened_at) as next_opened_at
    from {{ ref('int_open_intervals_merged') }}
),

laid_out as (
    select
        business_hours_id,
        cast(max(local_date) as timestamp) as laid_out_until
    from {{ ref('int_schedule_days_listed') }}
    group by business_hours_id
),

bounded as (      -- after its last interval a schedule stays closed for as long as its days are known
    select
        followed.* replace (
            coalesce(followed.next_opened_at, greatest(followed.closed_at, laid_out.laid_out_until)) as next_opened_at
        )
    from followed
    inner join laid_out using (business_hours_id)
),

final as (
    select
        business_hours_id,
        {{ date_series(
            'cast(opened_at as date)', 'cast(next_opened_at - interval 1 millisecond as date)'
        ) }} as moment_date,
        opened_at,
        closed_at,
        next_opened_at,
        open_ms_before
    from bounded
)

select * from final
