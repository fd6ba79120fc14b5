-- Grain: one row per day, channel, agent, team and topic: surveys asked count on the day asked, answers on theirs.
{%- set parts = counted_by_day('survey_date', {
    'channel_id': channel_or_none(), 'agent_id': id_or_none('agent_id'), 'team_id': id_or_none('team_id'),
    'topic_id': id_or_none('topic_id'),
}, csat_facts()) %}
with

{{ figures_side_by_side(parts) }},

agents as (
    select * from {{ ref('dim_agents') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        joined.survey_date,
        joined.channel_id,
        joined.agent_id,
        agents.agent_name,
        joined.team_id,
        teams.team_name,
        joined.topic_id
        {{- joined_figures(parts) }}
    from joined
    left join agents using (agent_id)
    left join teams using (team_id)
)

select * from final
{{ in_order_of('survey_date') }}
