-- Grain: one row of raw_messaging_users, as it comes in.
{{ raw_table('raw_messaging_users') }}
