-- Grain: none: the objects do not say what a session was about.
select
    cast(null as varchar) as topic_id,
    cast(null as varchar) as topic_name,
    cast(null as varchar) as is_active
where false
