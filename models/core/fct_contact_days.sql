-- Grain: one row per local day, channel, contact and agent of whom a message was sent; both are null where nobody counts.
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
