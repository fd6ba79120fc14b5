-- Grain: one row of the object Contact, as it comes in.
{{ raw_object('Contact') }}
