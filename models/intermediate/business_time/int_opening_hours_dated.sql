-- Grain: one row per schedule, local date and hours that open on it, in UTC; several may overlap or repeat each other.
with

days as (
    select * from {{ ref('int_schedule_days_listed') }}
),

holidays as (
    select * from {{ ref('stg_messaging__holidays') }}
),

regular as (      -- a date with exceptions has nothing but them
    select
        days.*,
        intervals.opens_minute,
        intervals.closes_minute
    from days
    inner join {{ ref('stg_messaging__business_hour_intervals') }} as intervals
        on days.business_hours_id = intervals.business_hours_id and days.iso_weekday = intervals.iso_weekday
    anti join holidays
        on days.business_hours_id = holidays.business_hours_id and days.local_date = holidays.holiday_date
),

exceptional as (
    select
        days.*,
        holidays.opens_minute,
        holidays.closes_minute
    from days
    inner join holidays
        on days.business_hours_id = holidays.business_hours_id and days.local_date = holidays.holiday_date
    where holidays.opens_minute is not null      -- without times: closed all day
),

unioned as (
    select * from regular
    union all
    select * from exceptional
),

final as (
    select
        business_hours_id,
        local_date,
        {{ utc_from_local(minutes_after('local_date', 'opens_minute'), 'timezone') }} as opened_at,
        {{ utc_from_local(minutes_after('local_date', 'closes_minute'), 'timezone') }} as closed_at
    from unioned
)

select * from final
