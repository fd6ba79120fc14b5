-- Grain: one row of raw_channels, as it comes in.
{{ raw_table('raw_channels') }}
