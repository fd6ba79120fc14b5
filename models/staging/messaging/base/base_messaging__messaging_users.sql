-- Grain: one row of raw_messaging_users, as it comes in.
-- Its files are looked for when they have been listed: one that came in between would be known, and read by nobody.
{{ waits_for('base_messaging__raw_parts') }}
{{ raw_table('raw_messaging_users') }}
