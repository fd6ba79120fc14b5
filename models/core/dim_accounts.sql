-- Grain: one row per account.
{{ with_inferred_members(
    ref('stg_messaging__accounts'), 'account_id', 'account', {'account_name': inferred_name()}
) }}
