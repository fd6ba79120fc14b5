-- Grain: one row per team and local day on which one of its agents did more than be off.
{{ performance_by_day('team') }}
