-- Grain: one row of business_hours, as it comes in.
{{ raw_table('business_hours', config_seed='business_hours') }}
