-- What can be exported for reports of one's own, and how much is it?
-- Source: messaging metrics guide, "Using Data Exports to build your own Customer Reports".
-- Mart: exp_contacts, exp_messages, exp_open_conversations, exp_resolved_conversations, exp_response_times, exp_teams,
-- exp_topics, exp_unresolved_conversations, exp_user_presence, exp_users.
-- Answer: each export with its rows. An export is a table with every id, name and time written out, for a spreadsheet
-- or another warehouse: `copy exp_users to 'users.csv'` writes one.
-- Period: everything up to as_of.
-- Null: nowhere.
{% for export in [
    'exp_contacts', 'exp_messages', 'exp_open_conversations', 'exp_resolved_conversations', 'exp_response_times',
    'exp_teams', 'exp_topics', 'exp_unresolved_conversations', 'exp_user_presence', 'exp_users'
] %}
{%- if not loop.first %}
union all
{%- endif %}
select
    '{{ export }}' as export,
    count(*) as row_count
from {{ ref(export) }}
{%- endfor %}
order by export asc
