-- Grain: one row of the object ConversationEntry, as it comes in.
{{ raw_object('ConversationEntry') }}
