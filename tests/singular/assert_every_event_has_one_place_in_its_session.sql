-- The events of a session are numbered 1, 2, … without gap, and the session counts all of them.
with

numbered as (
    select
        session_id,
        count(*) as event_count,
        count(distinct position_in_session) as place_count,
        min(position_in_session) as first_place,
        max(position_in_session) as last_place
    from {{ ref('fct_conversation_events') }}
    group by session_id
)

select *
from numbered
full join {{ ref('fct_messaging_sessions') }} as sessions using (session_id)
where
    numbered.event_count is distinct from sessions.event_count
    or numbered.place_count is distinct from sessions.event_count
    or numbered.first_place is distinct from 1
    or numbered.last_place is distinct from sessions.event_count
