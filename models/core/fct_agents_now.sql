-- Grain: one row per agent with a presence status at as_of: how the agent stands.
with

presence as (
    select * from {{ ref('fct_agent_presence') }}
    where is_current
),

memberships as (
    select * from {{ ref('dim_team_memberships') }}
    where is_current
),

sessions as (
    select * from {{ ref('fct_messaging_sessions') }}
),

owned as (
    select
        works.agent_id,
        count(*) as open_work_count,
        sum({{ plausible_load('works.capacity_weight') }}) as open_work_weight,
        count(distinct works.session_id) as owned_session_count,
        count(distinct case when sessions.waiting_since_at is not null then works.session_id end)
            as waiting_session_count,
        count(distinct case when not sessions.are_messages_recorded then works.session_id end)
            as unrecorded_session_count
    from {{ ref('fct_agent_work') }} as works
    inner join sessions using (session_id)
    where works.is_open and not works.is_test_channel
    group by works.agent_id
),

focus as (
    select * from {{ ref('fct_visits') }}
    where is_open and not is_test_channel
),

final as (
    select
        presence.agent_id,
        memberships.team_id,
        presence.presence_event_id,
        focus.visit_id,
        focus.conversation_id,
        focus.session_id,
        presence.status,
        presence.started_at as status_since_at,
        focus.started_at as focus_since_at,
        presence.capacity,
        {{ count_or_zero('owned', 'open_work_count') }},
        {{ seconds_if_recorded('work', 'cast(coalesce(owned.open_work_weight, 0) as decimal(18, 3))') }}
            as open_work_weight,
        {{ count_or_zero('owned', 'owned_session_count') }},
        {{ count_on_record('owned.waiting_session_count', 'owned.unrecorded_session_count', 'work') }}
            as waiting_session_count,
        {{ if_recorded('work', 'coalesce(owned.unrecorded_session_count, 0)', 'bigint') }} as unrecorded_session_count,
        presence.is_online,
        presence.is_available,
        presence.is_away,
        presence.is_unknown
    from presence
    left join memberships using (agent_id)
    left join owned using (agent_id)
    left join focus using (agent_id)
)

select * from final
