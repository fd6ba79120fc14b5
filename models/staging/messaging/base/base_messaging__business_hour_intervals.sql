-- Grain: one row of business_hour_intervals, as it comes in.
{{ raw_table('business_hour_intervals', config_seed='business_hour_intervals') }}
