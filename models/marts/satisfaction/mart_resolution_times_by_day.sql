-- Grain: one row per day of the resolve, channel, team of the resolver and topic.
{%- set parts = [
    {
        'name': 'resolutions', 'fact': ref('fct_resolutions'), 'where': 'is_resolved and not is_test_channel',
        'by': {
            'resolved_date': 'resolved_date', 'channel_id': channel_or_none(), 'team_id': id_or_none('team_id'),
            'topic_id': id_or_none('topic_id')
        },
        'counts': ['resolution_count', 'measured_resolution_count', 'first_resolution_count'],
        'metrics': durations('resolution', longest=false) + durations('resolution_business', longest=false)
            + durations('first_resolution', longest=false) + durations('first_resolution_business', longest=false)
    },
    {
        'name': 'last_resolutions', 'fact': ref('fct_messaging_sessions'),
        'where': 'last_resolved_date is not null and not is_test_channel',
        'by': {
            'resolved_date': 'last_resolved_date', 'channel_id': channel_or_none(),
            'team_id': id_or_none('resolved_team_id'), 'topic_id': id_or_none('resolved_topic_id')
        },
        'counts': ['last_resolution_count'],
        'metrics': durations('last_resolution', longest=false) + durations('last_resolution_business', longest=false)
    },
] %}
with

{{ figures_side_by_side(parts) }},

final as (
    select
        joined.resolved_date,
        joined.channel_id,
        joined.team_id,
        joined.topic_id
        {{- joined_figures(parts) }}
    from joined
)

select * from final
{{ in_order_of('resolved_date') }}
