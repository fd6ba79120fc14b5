-- Grain: none: the objects do not say who was in which queue when.
select
    cast(null as varchar) as agent_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as valid_from,
    cast(null as varchar) as valid_to
where false
