-- Grain: one row per session that has ended and was never resolved.
{{ exported_sessions('unresolved') }}
