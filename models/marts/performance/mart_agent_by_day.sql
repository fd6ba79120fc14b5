-- Grain: one row per agent and local day on which there is more to tell than that the agent was off.
{{ performance_by_day('agent') }}
