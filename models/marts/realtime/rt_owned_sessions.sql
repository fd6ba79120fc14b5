-- Grain: one row per agent and session that the agent owns at as_of: work on it is accepted and still open.
with

owned as (
    select
        session_id,
        agent_id,
        min(accepted_at) as owned_since_at,
        count(*) as open_work_count,
        sum({{ plausible_load('capacity_weight') }}) as open_work_weight
    from {{ ref('fct_agent_work') }}
    where is_open and not is_test_channel
    group by session_id, agent_id
),

promises as (
    select
        session_id,
        min(case when is_running then due_at end) as next_sla_due_at,
        count(*) filter (where is_overdue) as sla_overdue_count
    from {{ ref('fct_sla_outcomes') }}
    group by session_id
),

agents_now as (
    select * from {{ ref('fct_agents_now') }}
),

build as (
    select * from {{ ref('dim_build') }}
),

final as (
    select
        {{ id_or_none('owned.agent_id') }} as agent_id,
        agents.agent_name,
        agents_now.status as agent_status,
        {{ if_recorded('presence', 'coalesce(agents_now.is_online, false)', 'boolean') }} as is_agent_online,
        owned.session_id,
        sessions.conversation_id,
        sessions.channel_id,
        channels.channel_name,
        channels.channel_type,
        sessions.messaging_user_id,
        sessions.topic_id,
        topics.topic_name,
        sessions.status,
        owned.owned_since_at,
        sessions.waiting_since_at,
        {{ seconds_between('sessions.waiting_since_at', 'build.as_of') }} as waiting_seconds,
        sessions.last_activity_at,
        promises.next_sla_due_at,
        {{ count_on_record(
            'promises.sla_overdue_count', 'cast(not sessions.are_messages_recorded as integer)', 'resolutions'
        ) }} as sla_overdue_count,
        owned.open_work_count,
        owned.open_work_weight,
        -- Nobody knows whether a customer waits where the messages are not recorded, unless work waits for an agent.
        case
            when sessions.waiting_since_at is not null or sessions.are_messages_recorded
                then sessions.waiting_since_at is not null
        end as is_waiting,
        sessions.are_messages_recorded,
        build.as_of
    from owned
    inner join {{ ref('fct_messaging_sessions') }} as sessions using (session_id)
    cross join build
    left join promises using (session_id)
    left join agents_now on owned.agent_id = agents_now.agent_id
    left join {{ ref('dim_agents') }} as agents on owned.agent_id = agents.agent_id
    left join {{ ref('dim_channels') }} as channels on sessions.channel_id = channels.channel_id
    left join {{ ref('dim_topics') }} as topics on sessions.topic_id = topics.topic_id
)

select * from final
