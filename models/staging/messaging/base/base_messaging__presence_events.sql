-- Grain: one delivery of a presence event, as it comes in.
{{ raw_table('raw_presence_events') }}
