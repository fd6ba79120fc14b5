-- Grain: one row of the object Group, as it comes in.
{{ raw_object('Group') }}
