-- Grain: one row per dimension and id that an accepted event or a reference table names, but for customers.
{%- set memberships = ref('stg_messaging__team_memberships') %}
{%- set users = ref('stg_messaging__messaging_users') %}
with

named as (
    select
        dimension,
        id
    from {{ ref('int_conversation_ids_referenced') }}
    where dimension != 'messaging_user'
    {%- for dimension, column, relation in [
        ('agent', 'agent_id', ref('int_presence_events_deduplicated')),
        ('agent', 'agent_id', memberships),
        ('team', 'team_id', memberships),
        ('channel', 'channel_id', users),
        ('account', 'account_id', users),
    ] %}
    union
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
