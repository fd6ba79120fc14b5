-- Grain: one row per agent whose teams are no longer those of the last build.
{{ waits_for('int_build_scope') }}
{%- set columns = 'agent_id, team_id, valid_from, valid_to' %}
with
{% if is_partial_build() %}
stood as (
    select
        agent_id,
        team_id,
        coalesce(valid_from, timestamp '0001-01-01') as valid_from,
        coalesce(valid_to, timestamp '9999-12-31') as valid_to
    from {{ standing('dim_team_memberships') }}
),

stands as (
    select {{ columns }} from {{ ref('int_team_memberships_flattened') }}
),

changed as (
    (select {{ columns }} from stood except select {{ columns }} from stands)
    union all
    (select {{ columns }} from stands except select {{ columns }} from stood)
),
{% else %}
changed as (
    select * from {{ ref('int_team_memberships_flattened') }}
    where false
),
{% endif %}
final as (
    select agent_id
    from changed
    group by agent_id
)

select * from final
