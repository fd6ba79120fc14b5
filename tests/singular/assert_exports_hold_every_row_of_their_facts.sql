-- What is exported row by row is what the facts and dimensions say, test channels left out: none lost, none twice, none
-- altered. The exports of sessions have a test of their own.
{%- set in_use = 'not is_test_channel' %}
{%- set exports = {
    'exp_messages': ('fct_messages', in_use, [
        'event_id', 'session_id', 'agent_id', 'team_id', 'message_text', 'sent_at', 'delivery_status', 'is_orphan'
    ]),
    'exp_response_times': ('fct_responses', in_use, [
        'session_id', 'response_number', 'responder_type', 'responder_id', 'team_id', 'responded_at', 'wait_seconds',
        'response_seconds'
    ]),
    'exp_topics': ('fct_session_topics', in_use, ['session_id', 'topic_id', 'set_count', 'is_session_topic']),
    'exp_user_presence': ('fct_agent_presence', 'true', [
        'presence_event_id', 'agent_id', 'team_id', 'status', 'started_at', 'ended_at', 'presence_seconds', 'is_current'
    ]),
    'exp_users': ('dim_agents', 'true', ['agent_id', 'agent_name', 'email', 'is_active']),
    'exp_teams': ('dim_teams', 'true', ['team_id', 'team_name']),
    'exp_contacts': (
        'dim_messaging_users',
        'channel_id is null or channel_id not in (select channel_id from ' ~ ref('dim_channels') ~ ' where is_test)',
        ['messaging_user_id', 'channel_id', 'contact_key', 'account_id', 'platform_key', 'display_name']
    ),
} %}
{%- for export, (fact, rows, columns) in exports.items() %}
{%- set told = '(select ' ~ columns | join(', ') ~ ' from ' ~ ref(fact) ~ ' where ' ~ rows ~ ')' %}
{%- set found = '(select ' ~ columns | join(', ') ~ ' from ' ~ ref(export) ~ ')' %}
{%- for kind, left, right in [('missing', told, found), ('invented', found, told)] %}
{%- if not (loop.first and export == 'exp_messages') %}
union all
{%- endif %}
select
    '{{ export }}' as export,
    '{{ kind }}' as kind,
    count(*) as row_count
from ({{ left }} except all {{ right }}) as differing
having count(*) > 0
{%- endfor %}
{%- endfor %}
union all
select
    'exp_contacts' as export,
    'sessions' as kind,
    sum(session_count) as row_count
from {{ ref('exp_contacts') }}
having
    coalesce(sum(session_count), 0) is distinct from (
        select count(*) from {{ ref('fct_messaging_sessions') }}
        where
            not is_test_channel
            and messaging_user_id in (select messaging_user_id from {{ ref('exp_contacts') }})
    )
union all
select
    'exp_users' as export,
    'members' as kind,
    count(team_id) as row_count
from {{ ref('exp_users') }}
having
    count(team_id) is distinct from (select count(*) from {{ ref('dim_team_memberships') }} where is_current)
    or count(team_id) is distinct from (select coalesce(sum(member_count), 0) from {{ ref('exp_teams') }})
