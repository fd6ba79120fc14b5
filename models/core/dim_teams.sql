-- Grain: one row per team.
{{ with_inferred_members(
    ref('stg_messaging__teams'), 'team_id', 'team', {'team_name': inferred_name()}
) }}
