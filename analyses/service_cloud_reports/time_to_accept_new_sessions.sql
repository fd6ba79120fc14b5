-- How long does it take agents to accept new sessions?
-- Source: Report on Messaging Activity in Service Cloud, "Track Handle Time and Resolution": Speed to Answer.
-- Mart: mart_speed_to_answer_by_day.
-- Answer: from the request of work to its acceptance, by team and by reason of the work: `first` is the new session (no
-- other work of it was offered before), `transfer` what an agent handed on, `again` what was offered anew after a
-- refusal, a time-out or a reopening.
-- Period: the month of as_of, by the day on which the work was accepted.
-- Null: times of work that was assigned without a request, or whose clocks disagree.
select
    work_reason,
    {{ id_or_none('team_id') }} as team_id,
    {{- metrics([
        'accepted_work_count', 'speed_to_answer_count', 'average_speed_to_answer_seconds', 'p50_speed_to_answer_seconds',
        'p90_speed_to_answer_seconds', 'p95_speed_to_answer_seconds'
    ]) }}
from {{ ref('fct_agent_work') }}
where is_accepted and not is_test_channel and {{ is_this_month('accepted_date') }}
group by all
order by work_reason asc, accepted_work_count desc, team_id asc
