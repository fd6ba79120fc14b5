-- Grain: one row of raw_agents, as it comes in.
{{ raw_table('raw_agents') }}
