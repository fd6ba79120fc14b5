-- Grain: one delivery of a conversation event that this build has to read, as it comes in.
{{ raw_log('raw_conversation_events') }}
