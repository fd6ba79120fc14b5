-- Grain: one row per day of the answer, channel and team of the answering agent; `(none)` where it was no agent.
{%- set parts = [
    {
        'name': 'first_responses', 'fact': ref('fct_messaging_sessions'),
        'where': 'first_responded_date is not null and not is_test_channel',
        'by': {
            'responded_date': 'first_responded_date', 'channel_id': channel_or_none(),
            'team_id': id_or_none('first_response_team_id')
        },
        'counts': ['first_response_count'],
        'metrics': durations('first_response') + durations('first_response_business') + shares_within('first_response')
    },
    {
        'name': 'responses', 'fact': ref('fct_responses'), 'where': 'is_answered and not is_test_channel',
        'by': {
            'responded_date': 'responded_date', 'channel_id': channel_or_none(), 'team_id': id_or_none('team_id')
        },
        'counts': ['agent_response_count', 'bot_response_count', 'end_user_response_count'],
        'metrics': durations('agent_wait') + durations('agent_wait_business') + shares_within('agent_wait')
            + durations('agent_response') + durations('agent_response_business') + shares_within('agent_response')
            + durations('bot_response') + durations('end_user_response')
    },
    unrecorded_beside({'responded_date': 'activity_date', 'channel_id': channel_or_none()}),
] %}
with

{{ figures_side_by_side(parts) }},

final as (
    select
        joined.responded_date,
        joined.channel_id,
        joined.team_id
        {{- joined_figures(parts) }}
    from joined
)

select * from final
{{ in_order_of('responded_date') }}
