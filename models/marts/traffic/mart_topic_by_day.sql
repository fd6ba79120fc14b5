-- Grain: one row per day, topic and channel of which one of the facts has something to tell.
{%- set keys = {'topic_id': id_or_none('topic_id'), 'channel_id': channel_or_none()} %}
with

{{ facts_joined_by_day('activity_date', keys, topic_facts()) }},

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
        channels.channel_name,
        {{- figures_of_facts('joined', topic_facts()) }}
    from joined
    left join topics using (topic_id)
    left join channels using (channel_id)
)

select * from final
