-- What is exported row by row is what the facts and dimensions say, test channels left out: none lost, none twice, none
-- altered. The exports of sessions have a test of their own.
{%- set in_use = 'not is_test_channel' %}
{%- set exports = {
    'exp_messages': ('fct_messages', in_use, [
        'event_id', 'session_id', 'agent_id', 'team_id', 'message_text', 'sent_at', 'delivery_status', 'is_orphan'
    ]),
    'exp_response_times': ('fct_responses', in_use, [
        'session_id', 'response_number', 'responder_type', 'responder_id', 'team_id', 'responded_at', 'wait_seconds',
        'response_seconds', 'response_business_seconds'
    ]),
    'exp_topics': ('fct_session_topics', in_use, ['session_id', 'topic_id', 'set_count', 'is_session_topic']),
    'exp_user_presence': ('fct_agent_presence', 'true', [
        'presence_event_id', 'agent_id', 'team_id', 'status', 'started_at', 'ended_at', 'presence_seconds', 'is_current'
    ]),
    'exp_users': ('dim_agents', 'true', ['agent_id', 'agent_name', 'email', 'is_active']),
    'exp_teams': ('dim_teams', 'true', ['team_id', 'team_name']),
    'exp_contacts': (
        'dim_messaging_users', 'messaging_user_id in (select messaging_user_id from customers)',
        ['messaging_user_id', 'channel_id', 'contact_key', 'account_id', 'platform_key', 'display_name']
    ),
} %}
with

test_channels as (
    select channel_id from {{ ref('dim_channels') }}
    where is_test
),

seen as (
    select
        messaging_user_id,
        bool_or(not is_test_channel) as is_seen_in_earnest
    from {{ ref('fct_messaging_sessions') }}
    group by messaging_user_id
),

customers as (      -- whom a test channel has seen alone is none, whatever address is known of them
    select messaging_user_id
    from {{ ref('dim_messaging_users') }}
    left join seen using (messaging_user_id)
    left join test_channels using (channel_id)
    where coalesce(seen.is_seen_in_earnest, test_channels.channel_id is null)
),

{% for export, (fact, rows, columns) in exports.items() -%}
{{ export }}_told as (
    select {{ columns | join(', ') }} from {{ ref(fact) }}
    where {{ rows }}
),

{{ export }}_found as (
    select {{ columns | join(', ') }} from {{ ref(export) }}
),

{{ export }}_differing as (
    (
        select * from {{ export }}_told
        except all
        select * from {{ export }}_found
    )
    union all
    (
        select * from {{ export }}_found
        except all
        select * from {{ export }}_told
    )
),

{% endfor -%}
contacts as (
    select * from {{ ref('exp_contacts') }}
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
    semi join contacts using (messaging_user_id)
    where not is_test_channel
),

members as (
    select * from {{ ref('dim_team_memberships') }}
    where is_current
),

totals as (
    select
        (select coalesce(sum(session_count), 0) from contacts) as contact_session_count,
        (select count(*) from sessions) as session_count,
        (select count(team_id) from {{ ref('exp_users') }}) as placed_user_count,
        (select coalesce(sum(member_count), 0) from {{ ref('exp_teams') }}) as team_member_count,
        (select count(*) from members) as member_count
)

{% for export in exports -%}
select
    '{{ export }}' as export,
    count(*) as row_count
from {{ export }}_differing
having count(*) > 0
union all
{% endfor -%}
select
    'sessions of contacts, or members of teams' as export,
    null as row_count
from totals
where
    contact_session_count is distinct from session_count
    or placed_user_count is distinct from member_count
    or team_member_count is distinct from member_count
