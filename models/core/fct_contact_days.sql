-- Grain: one row per local day, channel, contact and agent: the messages sent that day; without one of them, null.
with

messages as (
    select * from {{ ref('fct_messages') }}
    where not is_orphan and {{ in_touched_days('sent_date') }}
),

final as (
    select
        sent_date,
        channel_id,
        active_contact_key,
        agent_id,
        count(*) as message_count,
        is_test_channel
    from messages
    group by all
)

select * from final
order by sent_date
