-- Grain: one row per session that was ever routed to a team.
with

routings as (
    select * from {{ ref('int_routings_named') }}
),

final as (
    select
        session_id,
        min_by(first_team_id, routed_at) as first_team_id,
        max_by(last_team_id, routed_at) as last_team_id
    from routings
    group by session_id
)

select * from final
