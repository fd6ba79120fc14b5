-- Grain: one row per queue.
with

groups as (
    select * from {{ ref('stg_service_cloud__groups') }}
),

final as (
    select
        group_id as team_id,
        group_name as team_name
    from groups
    where coalesce(group_type, 'Queue') = 'Queue'
)

select * from final
