{#
    What happens in an hour, by the fact that tells it: `at` and `day` are when it happened, and the metrics what counts.
    Each fact counts in the hour in which its own thing happened.
#}
{% macro workload_facts() %}
    {{ return([
        {
            'name': 'arrivals', 'fact': ref('fct_messaging_sessions'), 'at': 'started_at', 'day': 'started_date',
            'metrics': ['session_count', 'inbound_session_count']
        },
        {
            'name': 'messages', 'fact': ref('fct_messages'), 'at': 'sent_at', 'day': 'sent_date',
            'metrics': ['end_user_message_count', 'agent_message_count']
        },
        {
            'name': 'first_responses', 'fact': ref('fct_messaging_sessions'), 'at': 'first_responded_at',
            'day': 'first_responded_date', 'metrics': ['first_response_count']
        },
        {
            'name': 'resolutions', 'fact': ref('fct_resolutions'), 'at': 'resolved_at', 'day': 'resolved_date',
            'metrics': ['resolution_count']
        },
        {
            'name': 'closings', 'fact': ref('fct_messaging_sessions'), 'at': 'closed_at', 'day': 'closed_date',
            'metrics': ['session_close_count']
        },
        {
            'name': 'endings', 'fact': ref('fct_messaging_sessions'), 'at': 'ended_at',
            'day': 'ended_date', 'metrics': ['session_end_count']
        },
        {
            'name': 'handling', 'fact': ref('fct_visit_hours'), 'at': 'hour_started_at', 'day': 'activity_date',
            'metrics': ['handled_session_count', 'handle_seconds', 'average_handle_seconds']
        },
    ]) }}
{% endmacro %}
