-- Every resolution, accepted work and closed session that agents handled is in its mart once.
with

expected as (
    select
        (
            select count(*) from {{ ref('fct_resolutions') }}
            where is_resolved and not is_test_channel
        ) as resolution_count,
        (
            select count(*) from {{ ref('fct_agent_work') }}
            where is_accepted and not is_test_channel
        ) as accepted_work_count,
        (
            select count(*) from {{ ref('fct_messaging_sessions') }}
            where is_closed_handled and not is_test_channel
        ) as closed_handled_session_count,
        (
            select sum(handle_seconds) from {{ ref('fct_messaging_sessions') }}
            where is_closed_handled and not is_test_channel
        ) as session_handle_sum_seconds
),

found as (
    select
        (select sum(resolution_count) from {{ ref('mart_resolutions_by_day') }}) as resolution_count,
        (select sum(accepted_work_count) from {{ ref('mart_speed_to_answer_by_day') }}) as accepted_work_count,
        (select sum(closed_handled_session_count) from {{ ref('mart_efficiency_by_day') }})
            as closed_handled_session_count,
        (select sum(session_handle_sum_seconds) from {{ ref('mart_efficiency_by_day') }})
            as session_handle_sum_seconds
)

select found.*
from found
cross join expected
where
    coalesce(found.resolution_count, 0) is distinct from expected.resolution_count
    or coalesce(found.accepted_work_count, 0) is distinct from expected.accepted_work_count
    or coalesce(found.closed_handled_session_count, 0) is distinct from expected.closed_handled_session_count
    or found.session_handle_sum_seconds is distinct from expected.session_handle_sum_seconds
