-- Each sum and count of the performance marts is that of its fact without test channels, by agent and by team alike.
with

agent_days as (
    select
        sum(online_seconds) as online_seconds,
        sum(available_seconds) as available_seconds,
        sum(away_seconds) as away_seconds,
        sum(unknown_seconds) as unknown_seconds,
        sum(handle_working_seconds) as handle_working_seconds,
        sum(occupied_seconds) as occupied_seconds,
        sum(open_work_seconds) as open_work_seconds,
        sum(capacity_seconds) as capacity_seconds,
        sum(handle_seconds) as handle_seconds,
        sum(viewing_seconds) as viewing_seconds
    from {{ ref('fct_agent_days') }}
),

messages as (
    select count(*) as agent_message_count from {{ ref('fct_messages') }}
    where agent_id is not null and not is_test_channel
),

responses as (
    select
        count(*) as agent_response_count,
        sum(response_seconds) as agent_response_sum_seconds
    from {{ ref('fct_responses') }}
    where agent_id is not null and response_seconds is not null and not is_test_channel
),

sessions as (
    select count(first_response_seconds) as first_response_count from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

resolutions as (
    select count(*) as resolution_count from {{ ref('fct_resolutions') }}
    where is_resolved and resolved_by_agent_id is not null and not is_test_channel
),

works as (
    select
        count(*) filter (where is_accepted and agent_id is not null) as accepted_work_count,
        count(*) filter (where status = 'declined' and agent_id is not null) as declined_work_count,
        count(*) filter (where is_closed and agent_id is not null) as closed_work_count,
        sum(case when agent_id is not null then work_handle_seconds end) as work_handle_sum_seconds
    from {{ ref('fct_agent_work') }}
    where not is_test_channel
),

expected as (
    select *
    from agent_days
    cross join messages
    cross join responses
    cross join sessions
    cross join resolutions
    cross join works
),

performance as (
    {%- for mart in ['mart_agent_by_day', 'mart_team_by_day'] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        '{{ mart }}' as mart,
        {{- sums([
            'online_seconds', 'available_seconds', 'away_seconds', 'unknown_seconds', 'handle_working_seconds',
            'occupied_seconds', 'open_work_seconds', 'capacity_seconds', 'handle_seconds', 'viewing_seconds',
            'agent_message_count', 'agent_response_count', 'agent_response_sum_seconds', 'first_response_count',
            'resolution_count', 'accepted_work_count', 'declined_work_count', 'closed_work_count',
            'work_handle_sum_seconds'
        ]) }}
    from {{ ref(mart) }}
    {%- endfor %}
)

select performance.*
from performance
cross join expected
where
    performance.online_seconds is distinct from expected.online_seconds
    or performance.available_seconds is distinct from expected.available_seconds
    or performance.away_seconds is distinct from expected.away_seconds
    or performance.unknown_seconds is distinct from expected.unknown_seconds
    or performance.handle_working_seconds is distinct from expected.handle_working_seconds
    or performance.occupied_seconds is distinct from expected.occupied_seconds
    or performance.open_work_seconds is distinct from expected.open_work_seconds
    or performance.capacity_seconds is distinct from expected.capacity_seconds
    or coalesce(performance.handle_seconds, 0) is distinct from coalesce(expected.handle_seconds, 0)
    or coalesce(performance.viewing_seconds, 0) is distinct from coalesce(expected.viewing_seconds, 0)
    or coalesce(performance.agent_message_count, 0) is distinct from expected.agent_message_count
    or coalesce(performance.agent_response_count, 0) is distinct from expected.agent_response_count
    or performance.agent_response_sum_seconds is distinct from expected.agent_response_sum_seconds
    or coalesce(performance.first_response_count, 0) is distinct from expected.first_response_count
    or coalesce(performance.resolution_count, 0) is distinct from expected.resolution_count
    or coalesce(performance.accepted_work_count, 0) is distinct from expected.accepted_work_count
    or coalesce(performance.declined_work_count, 0) is distinct from expected.declined_work_count
    or coalesce(performance.closed_work_count, 0) is distinct from expected.closed_work_count
    or performance.work_handle_sum_seconds is distinct from expected.work_handle_sum_seconds
