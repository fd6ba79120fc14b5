-- Grain: one row of the object MessagingSessionMetrics, as it comes in.
{{ raw_object('MessagingSessionMetrics') }}
