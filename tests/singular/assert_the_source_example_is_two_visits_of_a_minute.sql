{{ config(tags=['demo'], enabled=demo_is_as_printed()) }}
-- The timeline of the definitions, on the demo's conversation of that name: an agent comes, goes and comes back. That
-- is two minutes of handle time, however long the customer took in between.
with

expected as (
    select
        timestamp '2026-03-03 10:00:00' as started_at,
        timestamp '2026-03-03 10:01:00' as ended_at
    union all
    select
        timestamp '2026-03-03 10:20:00' as started_at,
        timestamp '2026-03-03 10:21:00' as ended_at
),

visits as (
    select
        started_at,
        ended_at,
        visit_seconds,
        is_handled
    from {{ ref('fct_visits') }}
    where conversation_id = 'two-visits'
)

select
    started_at,
    ended_at
from expected
full join visits using (started_at, ended_at)
where
    expected.started_at is null
    or visits.visit_seconds is distinct from 60
    or visits.is_handled is distinct from true
union all
select
    started_at,
    ended_at
from {{ ref('fct_messaging_sessions') }}
where conversation_id = 'two-visits' and (handle_seconds is distinct from 120 or viewing_seconds is distinct from 0)
