-- Grain: one row per day, team, channel and reason of the work; work counts on the day it was accepted.
with

works as (
    select
        *,
        {{ id_or_none('team_id') }} as team,
        {{ channel_or_none() }} as channel
    from {{ ref('fct_agent_work') }}
    where is_accepted and not is_test_channel and {{ in_touched_days('accepted_date') }}
),

final as (
    select
        accepted_date,
        team as team_id,
        channel as channel_id,
        work_reason,
        {{ if_recorded('requests', metric('speed_to_answer_count'), 'bigint') }} as speed_to_answer_count,
        {{- metrics([
            'accepted_work_count', 'speed_to_answer_sum_seconds', 'average_speed_to_answer_seconds',
            'p50_speed_to_answer_seconds', 'p90_speed_to_answer_seconds', 'p95_speed_to_answer_seconds'
        ]) }}
    from works
    group by accepted_date, team, channel, work_reason
)

select * from final
{{ in_order_of('accepted_date') }}
