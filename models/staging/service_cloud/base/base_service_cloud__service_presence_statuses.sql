-- Grain: one row of the object ServicePresenceStatus, as it comes in.
{{ raw_object('ServicePresenceStatus') }}
