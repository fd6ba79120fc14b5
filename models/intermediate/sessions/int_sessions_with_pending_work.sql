-- Grain: one row per session with work that was offered and that nobody has accepted, refused or closed: since when.
with

works as (
    select * from {{ ref('int_agent_work_paired') }}
),

final as (
    select
        session_id,
        min(offered_at) as pending_since_at
    from works
    where {{ is_pending_work() }}
    group by session_id
)

select * from final
