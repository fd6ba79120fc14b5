-- Grain: one row per conversation, dimension and id that an accepted event of the conversation names.
{%- set events = ref('int_conversation_events_placed') %}
with

named as (
    {%- for dimension, column in [
        ('agent', "case when actor_type = 'agent' then actor_id end"),
        ('agent', 'assigned_agent_id'),
        ('agent', 'to_agent_id'),
        ('team', 'team_id'),
        ('team', 'to_team_id'),
        ('channel', 'channel_id'),
        ('messaging_user', 'messaging_user_id'),
        ('topic', 'topic_id'),
    ] %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        conversation_id,
        '{{ dimension }}' as dimension,
        {{ column }} as id,
        occurred_at
    from {{ events }}
    {%- endfor %}
),

final as (
    select
        conversation_id,
        dimension,
        id,
        min(occurred_at) as first_named_at
    from named
    where id is not null
    group by conversation_id, dimension, id
)

select * from final
order by first_named_at
