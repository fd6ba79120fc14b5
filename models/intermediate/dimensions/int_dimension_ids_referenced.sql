-- Grain: one row per dimension and id that an accepted event or a reference table names.
{%- set events = ref('int_conversation_events_sessionized') %}
{%- set memberships = ref('stg_messaging__team_memberships') %}
{%- set users = ref('stg_messaging__messaging_users') %}
with

named as (
    {%- for dimension, column, relation in [
        ('agent', "case when actor_type = 'agent' then actor_id end", events),
        ('agent', 'assigned_agent_id', events),
        ('agent', 'to_agent_id', events),
        ('agent', 'agent_id', ref('int_presence_events_deduplicated')),
        ('agent', 'agent_id', memberships),
        ('team', 'team_id', events),
        ('team', 'to_team_id', events),
        ('team', 'team_id', memberships),
        ('channel', 'channel_id', events),
        ('channel', 'channel_id', users),
        ('messaging_user', 'messaging_user_id', events),
        ('account', 'account_id', users),
        ('topic', 'topic_id', events),
    ] %}
    {%- if not loop.first %}
    union
    {%- endif %}
    select
        '{{ dimension }}' as dimension,
        {{ column }} as id
    from {{ relation }}
    {%- endfor %}
),

final as (
    select
        dimension,
        id
    from named
    where id is not null
)

select * from final
