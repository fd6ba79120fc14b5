-- Grain: one row per service level policy.
with

source as (
    select * from {{ ref('base_messaging__sla_policies') }}
),

final as (
    select
        policy_id,
        channel_id,
        team_id,
        topic_id,
        policy_name,
        {{ configured_choice('metric', 'sla_policies', ['first_response', 'next_response', 'resolution']) }} as metric,
        {{ configured_choice('clock', 'sla_policies', ['business', 'calendar']) }} as clock,
        {{ configured_timestamp('valid_from', 'sla_policies') }} as valid_from,
        {{ configured_timestamp('valid_to', 'sla_policies') }} as valid_to,
        {{ configured_number('target_seconds', 'sla_policies', 'decimal(18, 3)') }} as target_seconds
    from source
)

select * from final
