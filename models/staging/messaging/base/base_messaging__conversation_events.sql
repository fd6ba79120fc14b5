-- Grain: one delivery of a conversation event, as it comes in.
{{ raw_table('raw_conversation_events') }}
