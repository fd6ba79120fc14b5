-- Grain: one row of the object Account, as it comes in.
{{ raw_object('Account') }}
