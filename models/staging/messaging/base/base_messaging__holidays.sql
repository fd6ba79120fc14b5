-- Grain: one row of holidays, as it comes in.
{{ raw_table('holidays', config_seed='holidays') }}
