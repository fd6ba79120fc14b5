-- Grain: one row per delivery of an event, of either log, with what became of it.
{{ config(materialized='view') }}
{%- set logs = [
    ('conversation', ['event_id', 'event_type', 'channel_id'], {
        'accepted': ref('fct_conversation_events'), 'repeated': ref('repeated_events'), 'rejected': ref('rejected_events')
    }),
    ('presence', ['event_id', 'cast(null as varchar) as event_type', 'cast(null as varchar) as channel_id'], {
        'accepted': ref('fct_presence_events'), 'repeated': ref('repeated_presence_events'),
        'rejected': ref('rejected_presence_events')
    }),
] %}
with

deliveries as (
    {%- for event_log, columns, outcomes in logs %}
    {%- for outcome, relation in outcomes.items() %}
    select
        '{{ event_log }}' as event_log,
        '{{ outcome }}' as outcome,
        {{ columns | join(',\n        ') }},
        {%- if outcome == 'rejected' %}      -- with its times as they were delivered, in text
        rejection_reason,
        {{ utc_timestamp('occurred_at') }} as occurred_at,
        {{ utc_timestamp('received_at') }} as received_at,
        {%- else %}
        cast(null as varchar) as rejection_reason,
        occurred_at,
        received_at,
        {%- endif %}
        received_date
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

dated as (
    select
        deliveries.*,
        coalesce(channels.is_test, false) as is_test_channel,
        {{ local_date('deliveries.occurred_at') }} as occurred_date,
        deliveries.outcome = 'accepted' as is_accepted
    from deliveries
    left join channels using (channel_id)
),

final as (
    select
        event_log,
        event_id,
        event_type,
        channel_id,
        outcome,
        rejection_reason,
        occurred_at,
        received_at,
        occurred_date,
        received_date,
        {{ seconds_if_recorded(
            'receipt', 'case when is_accepted then ' ~ seconds_between('occurred_at', 'received_at') ~ ' end'
        ) }} as delay_seconds,
        is_accepted,
        outcome = 'repeated' as is_repeated,
        outcome = 'rejected' as is_rejected,
        {%- for name, expression in {
            'is_late': is_late('occurred_at', 'received_at'), 'is_restating': 'received_date > occurred_date',
            'has_clock_anomaly': is_clock_anomaly('occurred_at', 'received_at'),
        }.items() %}
        {{ if_recorded('receipt', 'is_accepted and ' ~ expression, 'boolean') }} as {{ name }},
        {%- endfor %}
        is_test_channel
    from dated
)

select * from final
