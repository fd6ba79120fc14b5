-- Grain: one row per session whose messages are not recorded, and per piece of accepted work on it: from when to when.
with

sessions as {{ inlined() }} (
    select * from {{ of_touched_conversations(ref('fct_messaging_sessions')) }}
    where not are_messages_recorded
),

works as (
    select * from {{ of_touched_conversations(ref('fct_agent_work')) }}
    where is_accepted
),

stretches as (
    select
        session_id,
        cast(null as varchar) as work_id,
        cast(null as varchar) as agent_id,
        cast(null as varchar) as team_id,
        started_at,
        ended_at
    from sessions
    union all
    select
        works.session_id,
        works.work_id,
        works.agent_id,
        works.agent_team_id as team_id,
        works.accepted_at as started_at,
        works.terminal_at as ended_at
    from works
    semi join sessions using (session_id)
),

final as (
    select
        stretches.session_id,
        row_number() over (partition by stretches.session_id order by stretches.work_id nulls first) as stretch_number,
        stretches.work_id,
        sessions.conversation_id,
        sessions.channel_id,
        sessions.messaging_user_id,
        sessions.account_id,
        stretches.agent_id,
        stretches.team_id,
        stretches.started_at,
        stretches.ended_at,
        sessions.is_test_channel
    from stretches
    inner join sessions using (session_id)
    where stretches.ended_at is null or stretches.ended_at >= stretches.started_at
)

select * from final
order by started_at
