-- Grain: one row per channel: the first hour of which the workload by hour has anything to tell.
{%- set backlog_hours = {'fact': ref('fct_backlog_hours'), 'at': 'hour_started_at', 'day': 'backlog_date'} %}
with
{% if is_partial_model() %}
starts as (
    select
        *,
        {{ in_touched_days('first_hour_date') }} as is_touched
    from {{ this }}
),

starts_touched as (      -- where the first day is touched, the first hour may lie on any other
    select channel_id from starts
    where is_touched
),
{% endif %}
moments as (
    {%- for fact in workload_facts() + [backlog_hours] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        channel_id,
        is_test_channel,
        {{ fact.at }} as told_at
    from {{ fact.fact }}
    where {{ fact.day }} is not null and {{ in_touched_days(fact.day) }}
    {%- if is_partial_model() %}
    union all
    select
        told.channel_id,
        told.is_test_channel,
        told.{{ fact.at }} as told_at
    from {{ fact.fact }} as told
    inner join starts_touched on told.channel_id is not distinct from starts_touched.channel_id
    where told.{{ fact.day }} is not null
    {%- endif %}
    {%- endfor %}
    {%- if is_partial_model() %}
    union all
    select
        channel_id,
        is_test_channel,
        first_hour_at as told_at
    from starts
    where not is_touched
    {%- endif %}
),

first_moments as (
    select
        channel_id,
        is_test_channel,
        min(told_at) as first_told_at
    from moments
    group by channel_id, is_test_channel
),

final as (
    select
        first_moments.channel_id,
        {{ hour_of('first_moments.first_told_at', 'local_days') }} as first_hour_at,
        local_days.date_day as first_hour_date,
        first_moments.is_test_channel
    from first_moments
    inner join {{ ref('dim_dates') }} as local_days
        on {{ local_date('first_moments.first_told_at') }} = local_days.date_day
)

select * from final
