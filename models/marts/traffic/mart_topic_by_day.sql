-- Grain: one row per day, topic and channel of which one of the facts has something to tell.
{%- set parts = counted_by_day('activity_date', {
    'topic_id': id_or_none('topic_id'), 'channel_id': channel_or_none()
}, topic_facts()) + [
    unrecorded_beside({'activity_date': 'activity_date', 'channel_id': channel_or_none()})
] %}
with

{{ figures_side_by_side(parts) }},

topics as (
    select * from {{ ref('dim_topics') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

final as (
    select
        joined.activity_date,
        joined.topic_id,
        topics.topic_name,
        joined.channel_id,
        channels.channel_name
        {{- joined_figures(parts) }}
    from joined
    left join topics using (topic_id)
    left join channels using (channel_id)
    {{ 'where false' if not is_recorded('topics') }}
)

select * from final
{{ in_order_of('activity_date') }}
