-- Every message is in both delivery marts once, on its day and in the row that names it, with what was reported of it;
-- null where that is not recorded.
{%- set reached = 'delivered_at is not null or read_at is not null' if is_recorded('receipt_times')
    else "delivery_status in ('delivered', 'read')" %}
{%- set counts = {
    'orphans': 'is_orphan', 'reached': reached, 'failed': "delivery_status = 'failed'",
    'unreported': "delivery_status = 'sent'"
} %}
with

messages as (
    select
        message_date,
        {{ channel_or_none() }} as channel_id,
        coalesce(direction, '(unknown)') as direction,
        coalesce(actor_type, '(unknown)') as actor_type,
        {{ id_or_none('status_code') }} as status_code,
        {%- for name, condition in counts.items() %}
        {{ if_recorded('delivery', 'count(*) filter (where ' ~ condition ~ ')', 'bigint') }} as {{ name }},
        {%- endfor %}
        count(*) as recorded
    from {{ ref('fct_messages') }}
    where not is_test_channel
    group by all
),

failures as (
    select *
    from messages
    full join {{ ref('mart_delivery_failures_by_day') }}
        using (message_date, channel_id, direction, actor_type, status_code)
),

reports as (
    select *
    from (
        select
            message_date,
            channel_id,
            direction,
            actor_type,
            {{- sums(['recorded', 'orphans', 'reached', 'failed', 'unreported']) }}
        from messages
        group by all
    ) as summed
    full join {{ ref('mart_delivery_reports_by_day') }}
        using (message_date, channel_id, direction, actor_type)
)

{% for mart in ['failures', 'reports'] %}
{%- if not loop.first %}
union all
{% endif -%}
select '{{ mart }}'
from {{ mart }}
where
    recorded_message_count is distinct from recorded
    or orphan_message_count is distinct from orphans
    or reached_message_count is distinct from reached
    or failed_message_count is distinct from failed
    or unreported_message_count is distinct from unreported
    or reported_message_count is distinct from reached + failed
    or recorded_message_count != reported_message_count + unreported_message_count
{% endfor %}
