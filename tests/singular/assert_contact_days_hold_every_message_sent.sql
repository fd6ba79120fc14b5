-- A message that was sent is in one row of its day, channel, contact and agent: as many are distinct as in the fact.
with

found as (
    select
        sent_date,
        {{ channel_or_none() }} as channel_id,
        sum(message_count) as message_count,
        count(distinct active_contact_key) as contact_count,
        count(distinct agent_id) as agent_count
    from {{ ref('fct_contact_days') }}
    group by all
),

expected as (
    select
        sent_date,
        {{ channel_or_none() }} as channel_id,
        count(*) as message_count,
        count(distinct active_contact_key) as contact_count,
        count(distinct agent_id) as agent_count
    from {{ ref('fct_messages') }}
    where not is_orphan
    group by all
)

select
    sent_date,
    channel_id
from found
full join expected using (sent_date, channel_id, message_count, contact_count, agent_count)
where found.sent_date is null or expected.sent_date is null
