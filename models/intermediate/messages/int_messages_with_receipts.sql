-- Grain: one row per message sent, and one per message that only its receipts tell of.
with

events as {{ inlined() }} (
    select * from {{ ref('int_conversation_events_sessionized') }}
),

sent as {{ inlined() }} (
    select * from events
    where is_message
),

receipts as (
    select
        conversation_id,
        message_id,
        min_by(event_id, position_in_conversation) as first_receipt_event_id,
        min_by(session_id, position_in_conversation) as first_receipt_session_id,
        min(position_in_conversation) as first_receipt_position,
        min(occurred_at) as first_receipt_at,
        min(case when receipt_status = 'delivered' then occurred_at end) as delivered_at,
        min(case when receipt_status = 'read' then occurred_at end) as read_at,
        max(case when receipt_status = 'failed' then occurred_at end) as failed_at,
        -- A last failure without a code has none, whatever an earlier one said: hence '' and not null.
        max_by(coalesce(status_code, ''), case when receipt_status = 'failed' then position_in_conversation end)
            as last_failure_code
    from events
    where receipt_status is not null
    group by conversation_id, message_id
),

unioned as (
    select
        sent.event_id,
        sent.message_id,
        sent.conversation_id,
        sent.session_id,
        sent.actor_type,
        sent.actor_id,
        sent.position_in_conversation,
        sent.occurred_at as sent_at,
        receipts.first_receipt_at,
        receipts.delivered_at,
        receipts.read_at,
        receipts.failed_at,
        receipts.last_failure_code,
        said.message_text,
        coalesce(said.is_proactive = 'true', false) as is_proactive,
        coalesce(said.has_attachments = 'true', false) as has_attachments,
        false as is_orphan
    from sent
    inner join {{ ref('int_conversation_event_payloads') }} as said on sent.event_id = said.event_id
    left join receipts on sent.conversation_id = receipts.conversation_id and sent.message_id = receipts.message_id
    union all
    select
        first_receipt_event_id as event_id,
        message_id,
        conversation_id,
        first_receipt_session_id as session_id,
        cast(null as varchar) as actor_type,
        cast(null as varchar) as actor_id,
        first_receipt_position as position_in_conversation,
        cast(null as timestamp) as sent_at,
        first_receipt_at,
        delivered_at,
        read_at,
        failed_at,
        last_failure_code,
        cast(null as varchar) as message_text,
        false as is_proactive,
        false as has_attachments,
        true as is_orphan
    from receipts
    anti join sent using (conversation_id, message_id)
),

statuses_told as (
    select
        *,
        case
            when read_at is not null then 'read'
            when delivered_at is not null then 'delivered'
            when failed_at is not null then 'failed'
            else 'sent'
        end as delivery_status
    from unioned
),

final as (
    select
        * exclude (last_failure_code),
        case when delivery_status = 'failed' then nullif(last_failure_code, '') end as status_code,
        first_receipt_at is not null as is_reported,
        -- A business message that failed never reached the customer: it neither answers nor prompts.
        not is_orphan and (actor_type = 'end_user' or delivery_status != 'failed') as is_effective
    from statuses_told
)

select * from final
