-- Grain: one row of raw_team_memberships, as it comes in.
{{ raw_table('raw_team_memberships') }}
