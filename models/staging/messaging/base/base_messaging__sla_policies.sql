-- Grain: one row of sla_policies, as it comes in.
{{ raw_table('sla_policies', config_seed='sla_policies') }}
