-- Grain: one row per service level policy.
{%- set deliveries = ref('stg_messaging__conversation_event_deliveries') ~ ' where rejection_reason is null' %}
with

source as (
    select * from {{ ref('base_messaging__sla_policies') }}
),

final as (
    select
        policy_id,
        {{ configured_member('channel_id', 'sla_policies', 'channel', [
            (ref('stg_messaging__channels'), 'channel_id'), (deliveries, 'channel_id')
        ]) }} as channel_id,
        {{ configured_member('team_id', 'sla_policies', 'team', [
            (ref('stg_messaging__teams'), 'team_id'), (ref('stg_messaging__team_memberships'), 'team_id'),
            (deliveries, 'team_id'), (deliveries, 'to_team_id')
        ]) }} as team_id,
        {{ configured_member('topic_id', 'sla_policies', 'topic', [
            (ref('stg_messaging__topics'), 'topic_id'), (deliveries, 'topic_id')
        ]) }} as topic_id,
        policy_name,
        {{ configured_choice(
            'metric', 'sla_policies', ['first_response', 'next_response', 'resolution'], required=true
        ) }} as metric,
        {{ configured_choice('clock', 'sla_policies', ['business', 'calendar'], required=true) }} as clock,
        {{ configured_timestamp('valid_from', 'sla_policies') }} as valid_from,
        {{ configured_timestamp('valid_to', 'sla_policies') }} as valid_to,
        {{ configured(
            'target_seconds',
            'case when try_cast(target_seconds as decimal(28, 9)) between 0 and 1000000000 '
            ~ 'then cast(target_seconds as decimal(18, 3)) end',
            'sla_policies', 'write seconds, from 0 to 1000000000', required=true
        ) }} as target_seconds
    from source
)

select * from final
