-- Grain: one row of raw_accounts, as it comes in.
{{ raw_table('raw_accounts') }}
