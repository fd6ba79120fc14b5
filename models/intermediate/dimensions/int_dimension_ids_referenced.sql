-- Grain: one row per dimension and id that an accepted event or a reference table names.
with

events as (
    select * from {{ ref('int_conversation_events_sessionized') }}
),

named as (
    select
        'agent' as dimension,
        actor_id as id
    from events
    where actor_type = 'agent'
    union
    select 'agent', assigned_agent_id from events
    union
    select 'agent', to_agent_id from events
    union
    select 'agent', agent_id from {{ ref('int_presence_events_deduplicated') }}
    union
    select 'agent', agent_id from {{ ref('stg_messaging__team_memberships') }}
    union
    select 'team', team_id from events
    union
    select 'team', to_team_id from events
    union
    select 'team', team_id from {{ ref('stg_messaging__team_memberships') }}
    union
    select 'channel', channel_id from events
    union
    select 'channel', channel_id from {{ ref('stg_messaging__messaging_users') }}
    union
    select 'messaging_user', messaging_user_id from events
    union
    select 'account', account_id from {{ ref('stg_messaging__messaging_users') }}
    union
    select 'topic', topic_id from events
),

final as (
    select
        dimension,
        id
    from named
    where id is not null
)

select * from final
