{# What a contact reason is told by. The topic is the session's (the latest still set); of a resolution that at the resolve. #}
{% macro topic_facts() %}
    {{ return([
        {
            'name': 'sessions', 'fact': ref('fct_messaging_sessions'), 'day': 'started_date',
            'counts': [
                'session_count', 'recorded_session_count', 'inbound_session_count', 'ended_session_count',
                'ended_inbound_session_count', 'recorded_ended_inbound_session_count', 'closed_session_count',
                'recorded_closed_session_count', 'bot_resolved_session_count', 'abandoned_session_count',
                'transferred_session_count', 'reopened_session_count', 'repeat_contact_session_count'
            ],
            'metrics': [
                'bot_resolved_rate', 'abandonment_rate', 'transfer_rate', 'reopen_rate', 'repeat_contact_rate'
            ]
        },
        {
            'name': 'first_responses', 'fact': ref('fct_messaging_sessions'), 'day': 'first_responded_date',
            'counts': ['first_response_count'],
            'metrics': [
                'first_response_sum_seconds', 'average_first_response_seconds', 'p50_first_response_seconds',
                'p90_first_response_seconds', 'p95_first_response_seconds'
            ]
        },
        {
            'name': 'handling', 'fact': ref('fct_agent_session_days'), 'day': 'activity_date',
            'counts': ['handled_session_count', 'handle_seconds'],
            'metrics': [
                'average_handle_seconds', 'p50_handle_seconds', 'p90_handle_seconds', 'p95_handle_seconds'
            ]
        },
        {
            'name': 'resolutions', 'fact': ref('fct_resolutions'), 'day': 'resolved_date',
            'counts': ['resolution_count', 'resolved_session_count', 'measured_resolution_count'],
            'metrics': [
                'resolution_sum_seconds', 'average_resolution_seconds', 'p50_resolution_seconds',
                'p90_resolution_seconds', 'p95_resolution_seconds'
            ]
        },
        {
            'name': 'satisfaction', 'fact': ref('fct_csat_responses'), 'day': 'responded_date',
            'counts': ['answered_survey_count', 'valid_survey_count', 'satisfied_survey_count'],
            'metrics': ['csat_rate']
        },
    ]) }}
{% endmacro %}
