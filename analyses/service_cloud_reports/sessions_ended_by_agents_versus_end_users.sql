-- Which proportion of sessions was ended by agents, and which by end users?
-- Source: Report on Messaging Activity in Service Cloud, "Track Handle Time and Resolution": Ended By Type.
-- Mart: mart_session_outcomes_by_day.
-- Answer: ended sessions by who ended them; `system` is silence, `bot` a resolve of the bot that nothing reopened.
-- Period: ended sessions that started in the month of as_of.
-- Null: nowhere; open sessions are left out.
select
    ended_by_type,
    sum(ended_session_count) as ended_session_count,
    {{ rate('sum(ended_session_count)', 'sum(sum(ended_session_count)) over ()') }} as share_of_ended_rate
from {{ ref('mart_session_outcomes_by_day') }}
where {{ is_this_month('session_date') }}
group by ended_by_type
having sum(ended_session_count) > 0
order by ended_session_count desc, ended_by_type asc
