-- Grain: one row of raw_topics, as it comes in.
{{ raw_table('raw_topics') }}
