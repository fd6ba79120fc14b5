-- Grain: one row per team.
with

teams as (
    select * from {{ ref('dim_teams') }}
),

members as (
    select
        team_id,
        count(*) as member_count
    from {{ ref('dim_team_memberships') }}
    where is_current
    group by team_id
),

final as (
    select
        teams.team_id,
        teams.team_name,
        {{ if_recorded('memberships', 'coalesce(members.member_count, 0)', 'bigint') }} as member_count,
        teams.is_inferred
    from teams
    left join members using (team_id)
)

select * from final
