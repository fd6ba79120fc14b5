-- Handle and viewing time of a session are those of its visits that are over, whoever paid them; 0 where there is none,
-- and null where focus is not recorded.
with

summed as (
    select
        session_id,
        sum(case when is_handled then visit_seconds else 0 end) as handle_seconds,
        sum(case when is_handled then 0 else visit_seconds end) as viewing_seconds
    from {{ ref('fct_visits') }}
    where not is_open
    group by session_id
)

select session_id
from {{ ref('fct_messaging_sessions') }} as sessions
full join summed using (session_id)
where
    sessions.handle_seconds
    is distinct from {{ seconds_if_recorded('focus', 'coalesce(summed.handle_seconds, 0)') }}
    or sessions.viewing_seconds
    is distinct from {{ seconds_if_recorded('focus', 'coalesce(summed.viewing_seconds, 0)') }}
