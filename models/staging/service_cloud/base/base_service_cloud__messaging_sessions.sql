-- Grain: one row of the object MessagingSession, as it comes in.
{{ raw_object('MessagingSession') }}
