-- Grain: one row per session that is open at as_of: not ended, and not resolved or reopened since.
{{ exported_sessions('open') }}
