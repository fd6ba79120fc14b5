-- Grain: one row per session whose messages are not recorded, or piece of work on it, and local day on which it lasted.
with

stretches as (
    select * from {{ ref('fct_unrecorded_stretches') }}
),

build as (
    select * from {{ ref('dim_build') }}
),

final as (
    select
        stretches.session_id,
        stretches.stretch_number,
        stretches.work_id,
        stretches.conversation_id,
        stretches.channel_id,
        stretches.messaging_user_id,
        stretches.account_id,
        stretches.agent_id,
        stretches.team_id,
        {{ date_series(
            local_date('stretches.started_at'), local_date('coalesce(stretches.ended_at, build.as_of)')
        ) }} as activity_date,
        stretches.is_test_channel
    from stretches
    cross join build
)

select * from final
