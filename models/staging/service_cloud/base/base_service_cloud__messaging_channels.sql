-- Grain: one row of the object MessagingChannel, as it comes in.
{{ raw_object('MessagingChannel') }}
