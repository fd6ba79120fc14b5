-- Grain: one row of redactions, as it comes in.
{{ raw_table('redactions') }}
