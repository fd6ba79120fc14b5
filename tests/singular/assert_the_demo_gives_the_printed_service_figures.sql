{{ config(tags=['demo'], enabled=demo_is_as_printed()) }}
-- What the demo's own description prints of business time, promises, surveys and moods.
with

expected_business_times as (
    select printed.*
    from (
        values
        ('frt-within-hours', 300, 300),
        ('frt-before-opening', 4800, 1200),
        ('frt-bot-handoff', 1680, 1680),
        ('sla-due-at-closing', 58200, 600),
        ('sla-exactly-on-target', 600, 600),
        ('over-lunch', 4800, 1200),
        ('over-a-holiday', 141000, 2400),
        ('short-day', 1800, 600),
        ('night-shift', 1500, 300),
        ('night-across-dst', 85200, 25800)
    ) as printed (conversation_id, seconds, business_seconds)
),

expected_outcomes as (
    select printed.*
    from (
        values
        ('frt-within-hours', 'frt-web', 'met', 300, null),
        ('frt-before-opening', 'frt-web', 'breached', 1200, timestamp '2026-03-03 09:10:00'),
        ('sla-due-at-closing', 'frt-web', 'met', 600, timestamp '2026-03-05 17:00:00'),
        ('sla-exactly-on-target', 'frt-web', 'met', 600, null),
        ('over-a-holiday', 'frt-app', 'breached', 2400, null),
        ('night-across-dst', 'frt-standard', 'breached', 25800, null),
        ('refund-in-billing', 'frt-whatsapp-billing', 'breached', 390, null),
        ('refund-in-billing', 'next-refund', 'breached', 1200, null),
        ('abandoned', 'frt-standard', 'cancelled', 1200, null),
        ('repeat-contact-1', 'resolution-web-damaged', 'met', 360, null),
        ('viewed-only', 'frt-web', 'breached', 720, null),
        ('declined-then-accepted', 'next-refund', 'met', 60, null),
        ('declined-then-accepted', 'next-refund', 'met', 35, null),
        ('answer-due-at-as-of', 'next-orders', 'breached', 1680, null)
    ) as printed (conversation_id, policy_id, sla_status, elapsed_seconds, due_at)
),

surveys as (
    select
        count(*) filter (where is_requested) as requested_count,
        count(*) filter (where is_requested and is_answered) as requested_and_answered_count,
        count(*) filter (where is_answered) as answered_count,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where is_satisfied) as satisfied_count
    from {{ ref('fct_csat_responses') }}
    where not is_test_channel and conversation_id not like 'sim-%'
),

mood as (
    select * from {{ ref('fct_messaging_sessions') }}
    where conversation_id = 'emoji-mood'
)

select expected.conversation_id
from expected_business_times as expected
left join {{ ref('fct_messaging_sessions') }} as sessions using (conversation_id)
where
    sessions.first_response_seconds is distinct from expected.seconds
    or sessions.first_response_business_seconds is distinct from expected.business_seconds
union all
select expected.conversation_id
from expected_outcomes as expected
left join {{ ref('fct_sla_outcomes') }} as outcomes using (conversation_id, policy_id, sla_status, elapsed_seconds)
where outcomes.metric is null or outcomes.due_at is distinct from coalesce(expected.due_at, outcomes.due_at)
union all
select 'surveys' as conversation_id from surveys
where
    (requested_count, requested_and_answered_count, answered_count, valid_count, satisfied_count)
    is distinct from (16, 13, 14, 13, 11)
union all
select conversation_id from mood
where
    abs(emoji_sentiment_score + 0.075) > 1e-9 or abs(emoji_sentiment_shift - 1.775) > 1e-9
    or emoji_sentiment_label is distinct from 'neutral' or scored_message_count is distinct from 3
