-- Grain: one row per month and account of which anything is to be told; what has no account is under `(none)`.
{%- set account = id_or_none('account_id') %}
{%- set parts = [
    {
        'name': 'sessions_started', 'fact': ref('fct_messaging_sessions'), 'where': 'not is_test_channel',
        'day': 'started_date', 'by': {'month_start': first_day_of('month', 'started_date'), 'account_id': account},
        'counts': ['session_count', 'inbound_session_count', 'ended_session_count'], 'metrics': []
    },
    {
        'name': 'sessions_closed', 'fact': ref('fct_messaging_sessions'),
        'where': 'is_closed_conversation and not is_test_channel',
        'day': 'closed_date', 'by': {'month_start': first_day_of('month', 'closed_date'), 'account_id': account},
        'counts': ['closed_conversations'], 'metrics': []
    },
    {
        'name': 'messages', 'fact': ref('fct_messages'), 'where': 'not is_orphan and not is_test_channel',
        'day': 'sent_date', 'by': {'month_start': first_day_of('month', 'sent_date'), 'account_id': account},
        'counts': [
            'message_count', 'end_user_message_count', 'agent_message_count', 'bot_message_count', 'unique_contacts'
        ], 'metrics': []
    },
    {
        'name': 'resolutions', 'fact': ref('fct_resolutions'), 'where': 'is_resolved and not is_test_channel',
        'day': 'resolved_date', 'by': {'month_start': first_day_of('month', 'resolved_date'), 'account_id': account},
        'counts': ['resolution_count', 'resolved_session_count'], 'metrics': []
    },
    {
        'name': 'handling', 'fact': ref('fct_agent_session_days'), 'where': 'not is_test_channel',
        'day': 'activity_date', 'by': {'month_start': first_day_of('month', 'activity_date'), 'account_id': account},
        'counts': ['handled_session_count', 'handle_seconds'], 'metrics': [
            'average_handle_seconds', 'p50_handle_seconds', 'p90_handle_seconds', 'p95_handle_seconds'
        ]
    },
    unrecorded_beside({'month_start': first_day_of('month', 'activity_date'), 'account_id': account}),
] %}
with

{{ figures_side_by_side(parts) }},

accounts as (
    select * from {{ ref('dim_accounts') }}
),

final as (
    select
        joined.month_start,
        joined.account_id,
        accounts.account_name
        {{- joined_figures(parts) }}
    from joined
    left join accounts using (account_id)
)

select * from final
{{ in_order_of('month_start') }}
