-- Cycles are numbered without gap, the first opens with the session, and first resolve and credit agree with it.
-- Where resolutions are not recorded no session has a cycle.
with

cycles as (
    select
        session_id,
        count(*) as cycle_count,
        max(cycle_number) as last_cycle_number,
        min(opened_at) as opened_at,
        min(resolved_at) as first_resolved_at,
        max_by(coalesce(resolved_by_agent_id, ''), case when is_resolved then cycle_number end) as resolved_by_agent_id
    from {{ ref('fct_resolutions') }}
    group by session_id
)

select sessions.session_id
from {{ ref('fct_messaging_sessions') }} as sessions
full join cycles using (session_id)
where
    cycles.cycle_count is distinct from cycles.last_cycle_number
    or cycles.cycle_count is distinct from sessions.cycle_count
    or cycles.opened_at is distinct from {{ if_recorded('resolutions', 'sessions.started_at', 'timestamp') }}
    or cycles.first_resolved_at is distinct from sessions.first_resolved_at
    or nullif(cycles.resolved_by_agent_id, '') is distinct from sessions.resolved_by_agent_id
