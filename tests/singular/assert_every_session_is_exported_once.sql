-- The three exports of sessions share out the sessions outside test channels: none lost, none twice, each where its
-- name says, with the figures of the fact, and of its surveys and promises.
{%- set figures = [
    'channel_id', 'account_id', 'topic_id', 'status', 'resolved_by_agent_id', 'started_at', 'closed_at', 'ended_at',
    'agent_message_count', 'first_response_seconds', 'first_response_business_seconds', 'resolution_seconds',
    'handle_seconds', 'waiting_since_at', 'routed_team_id'
] %}
with

exported as (
    {%- for state in ['resolved', 'open', 'unresolved'] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        '{{ state }}' as exported_as,
        *
    from {{ ref('exp_' ~ state ~ '_conversations') }}
    {%- endfor %}
),

counted as (
    select
        *,
        count(*) over (partition by session_id) as row_count
    from exported
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel
),

exported_totals as (
    select
        sum(requested_survey_count) as requested_count,
        sum(answered_survey_count) as answered_count,
        sum(valid_survey_count) as valid_count,
        sum(satisfied_survey_count) as satisfied_count,
        count(first_response_sla_status) as first_response_count,
        count(resolution_sla_status) as resolution_count,
        count(*) filter (where first_response_sla_status = 'met') as met_first_response_count
    from exported
),

surveys as (
    select
        count(requested_at) as requested_count,
        count(responded_at) as answered_count,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where is_satisfied) as satisfied_count
    from {{ ref('fct_csat_responses') }}
    where not is_test_channel
),

outcomes as (
    select
        count(*) filter (where metric = 'first_response') as first_response_count,
        count(*) filter (where metric = 'resolution') as resolution_count,
        count(*) filter (where metric = 'first_response' and is_met) as met_first_response_count
    from {{ ref('fct_sla_outcomes') }}
    where not is_test_channel
)

select
    sessions.session_id as expected_session_id,
    counted.session_id,
    counted.exported_as
from sessions
full join counted on sessions.session_id = counted.session_id
where
    counted.row_count is distinct from 1
    {%- for figure in figures %}
    or counted.{{ figure }} is distinct from sessions.{{ figure }}
    {%- endfor %}
    or (counted.exported_as = 'open' and sessions.ended_at is not null)
    or (counted.exported_as = 'resolved' and sessions.last_resolved_at is null)
    or (counted.exported_as = 'unresolved' and (sessions.last_resolved_at is not null or sessions.ended_at is null))
    or (sessions.status in ('waiting', 'paused', 'active')) is distinct from (counted.exported_as = 'open')
union all
select
    'surveys and promises' as expected_session_id,
    null as session_id,
    null as exported_as
from exported_totals as exported
cross join surveys
cross join outcomes
where
    {%- for figure in ['requested_count', 'answered_count', 'valid_count', 'satisfied_count'] %}
    coalesce(exported.{{ figure }}, 0) is distinct from surveys.{{ figure }} or
    {%- endfor %}
    exported.first_response_count is distinct from outcomes.first_response_count
    or exported.resolution_count is distinct from outcomes.resolution_count
    or exported.met_first_response_count is distinct from outcomes.met_first_response_count
