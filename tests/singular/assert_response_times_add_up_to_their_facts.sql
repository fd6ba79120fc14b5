-- Every first response and every answer is in the mart once, on its day, under its channel and the answerer's team; its
-- business time is measured whenever its calendar time is; what came within a time is counted again, by hand.
with

first_responses as (
    select
        first_responded_date as responded_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('first_response_team_id') }} as team_id,
        count(first_response_seconds) as first_count,
        count(first_response_business_seconds) as first_business_count,
        sum(first_response_seconds) as first_seconds,
        sum(first_response_business_seconds) as first_business_seconds,
        sum(case when first_response_seconds <= 60 then 1 else 0 end) as first_within_1_min,
        sum(case when first_response_seconds <= 3600 then 1 else 0 end) as first_within_60_min
    from {{ ref('fct_messaging_sessions') }}
    where first_responded_at is not null and not is_test_channel
    group by all
),

answers as (
    select
        responded_date,
        {{ channel_or_none() }} as channel_id,
        {{ id_or_none('team_id') }} as team_id,
        count(response_seconds) as answer_count,
        count(response_seconds) filter (where agent_id is not null) as agent_count,
        count(response_business_seconds) filter (where agent_id is not null) as agent_business_count,
        sum(response_seconds) as answer_seconds,
        sum(wait_seconds) filter (where agent_id is not null) as agent_wait_seconds,
        sum(wait_business_seconds) filter (where agent_id is not null) as agent_wait_business_seconds,
        sum(response_business_seconds) filter (where agent_id is not null) as agent_response_business_seconds,
        sum(case when agent_id is not null and wait_seconds <= 300 then 1 else 0 end) as wait_within_5_min,
        sum(case when agent_id is not null and response_seconds <= 900 then 1 else 0 end) as response_within_15_min
    from {{ ref('fct_responses') }}
    where responded_at is not null and not is_test_channel
    group by all
)

select *
from first_responses
full join answers using (responded_date, channel_id, team_id)
full join {{ ref('mart_response_times_by_day') }} using (responded_date, channel_id, team_id)
where
    first_response_count is distinct from {{ count_on_record('first_count', 'unrecorded_session_count', 'origins') }}
    or coalesce(first_business_count, 0) is distinct from coalesce(first_count, 0)
    or first_response_sum_seconds is distinct from first_seconds
    or first_response_business_sum_seconds is distinct from first_business_seconds
    or coalesce(first_response_within_1_min_count, 0) is distinct from coalesce(first_within_1_min, 0)
    or coalesce(first_response_within_60_min_count, 0) is distinct from coalesce(first_within_60_min, 0)
    or coalesce(agent_response_count, 0) + coalesce(bot_response_count, 0) + coalesce(end_user_response_count, 0)
    is distinct from coalesce(answer_count, 0)
    or agent_response_count is distinct from {{ count_on_record('agent_count', 'unrecorded_session_count') }}
    or coalesce(agent_business_count, 0) is distinct from coalesce(agent_count, 0)
    or coalesce(agent_response_sum_seconds, 0) + coalesce(bot_response_sum_seconds, 0)
    + coalesce(end_user_response_sum_seconds, 0) is distinct from coalesce(answer_seconds, 0)
    or agent_wait_sum_seconds is distinct from agent_wait_seconds
    or agent_wait_business_sum_seconds is distinct from agent_wait_business_seconds
    or agent_response_business_sum_seconds is distinct from agent_response_business_seconds
    or coalesce(agent_wait_within_5_min_count, 0) is distinct from coalesce(wait_within_5_min, 0)
    or coalesce(agent_response_within_15_min_count, 0) is distinct from coalesce(response_within_15_min, 0)
