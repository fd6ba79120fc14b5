-- Grain: one row of the object User, as it comes in.
{{ raw_object('User') }}
