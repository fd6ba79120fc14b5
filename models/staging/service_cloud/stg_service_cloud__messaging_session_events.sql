-- Grain: one row per event of a messaging session: its start, its wait in a queue and, once it has ended, its end.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_session_spans') }}
),

agent_work as (
    select * from {{ ref('stg_service_cloud__agent_work') }}
),

workers as (
    select
        messaging_session_id,
        is_bot_work,
        case when is_bot_work then bot_id else agent_id end as worker_id,
        row_number() over (
            partition by messaging_session_id, is_bot_work
            order by accepted_at desc nulls last, agent_work_id desc
        ) as recency
    from agent_work
    where messaging_session_id is not null and (is_bot_work or accepted_at is not null)
),

works as (      -- whether somebody has the session or is offered it, and when the last who had it, a bot too, was done
    select
        messaging_session_id,
        bool_or({{ is_open_work() }}) as has_open_work,
        max(greatest(closed_at, canceled_at, declined_at, push_timed_out_at)) as last_over_at
    from agent_work
    group by messaging_session_id
),

unrecorded as (
    select * from {{ ref('stg_service_cloud__messaging_sessions_unrecorded') }}
),

told as (
    select
        sessions.*,
        sessions.status = 'Waiting' and sessions.owner_id like '00G%' and not coalesce(works.has_open_work, false)
            as is_queued,
        greatest(sessions.started_at, works.last_over_at) as queued_at,
        case when unrecorded.messaging_session_id is not null then 'false' end as are_messages_recorded,
        -- Where nothing is said of the status, the end says that it is over.
        coalesce(sessions.status = 'Ended', false)
        or (sessions.ended_at is not null and coalesce(sessions.status = 'Error', true)) as has_ended,
        case when sessions.owner_id like '005%' then sessions.owner_id end as owning_agent_id,
        agents.worker_id as last_agent_id,
        bots.worker_id as last_bot_id
    from sessions
    left join works using (messaging_session_id)
    left join unrecorded on sessions.messaging_session_id = unrecorded.messaging_session_id
    left join workers as agents
        on sessions.messaging_session_id = agents.messaging_session_id and not agents.is_bot_work and agents.recency = 1
    left join workers as bots
        on sessions.messaging_session_id = bots.messaging_session_id and bots.is_bot_work and bots.recency = 1
),

actors_named as (
    select
        *,
        {{ session_starter('origin') }} as starter,
        {{ session_ender('ended_by_type') }} as ender
    from told
),

final as (
    {{ event_out_of(
        'actors_named', 'messaging_session_id', 'started', 'conversation_started', 'started_at', 'starter',
        actor_id="case when starter = 'agent' then " ~ id_or_unknown('coalesce(owning_agent_id, created_by_id)') ~ ' end',
        payload={'origin': session_origin('origin'), 'are_messages_recorded': 'are_messages_recorded'}, condition='true'
    ) }}
    union all
    {{ event_out_of(
        'actors_named', 'messaging_session_id', 'queued', 'work_requested', 'queued_at', "'system'",
        payload={'work_id': "messaging_session_id || ':queued'", 'team_id': 'owner_id'}, condition='is_queued'
    ) }}
    union all
    {{ event_out_of(
        'actors_named', 'messaging_session_id', 'ended', 'conversation_ended', 'ended_at', "coalesce(ender, 'system')",
        actor_id="case ender when 'agent' then " ~ id_or_unknown('coalesce(owning_agent_id, last_agent_id)')
            ~ " when 'bot' then " ~ id_or_unknown('last_bot_id') ~ ' end',
        payload={'is_actor_unknown': "case when ender is null then 'true' end"}, condition='has_ended'
    ) }}
)

select * from final
