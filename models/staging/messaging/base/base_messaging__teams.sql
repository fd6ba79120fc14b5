-- Grain: one row of raw_teams, as it comes in.
{{ raw_table('raw_teams') }}
