-- The three exports of sessions share out the sessions outside test channels: none lost, none twice, each where its name
-- says, with the figures of the fact.
{%- set figures = [
    'channel_id', 'account_id', 'topic_id', 'status', 'resolved_by_agent_id', 'started_at', 'closed_at', 'ended_at',
    'agent_message_count', 'first_response_seconds', 'resolution_seconds', 'handle_seconds'
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
