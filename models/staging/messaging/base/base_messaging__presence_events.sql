-- Grain: one delivery of a presence event that this build has to read, as it comes in.
{{ raw_log('raw_presence_events') }}
