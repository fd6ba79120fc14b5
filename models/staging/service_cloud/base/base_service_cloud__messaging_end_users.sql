-- Grain: one row of the object MessagingEndUser, as it comes in.
{{ raw_object('MessagingEndUser') }}
