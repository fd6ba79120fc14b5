-- Grain: one row per session that was resolved, and was not reopened or has ended since.
{{ exported_sessions('resolved') }}
