-- Grain: one row of the object UserServicePresence, as it comes in.
{{ raw_object('UserServicePresence') }}
