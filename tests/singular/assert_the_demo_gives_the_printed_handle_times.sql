{{ config(tags=['demo'], enabled=demo_is_as_printed()) }}
-- What the demo's own description prints of focus and work: handle and viewing seconds by conversation, the visits that
-- the idle limit cut, and the works with the times that are theirs.
with

expected_sessions as (
    select printed.*
    from (
        values
        ('frt-within-hours', 228, 0),
        ('refund-in-billing', 1135, 0),
        ('response-burst', 438, 0),
        ('agent-initiated', 240, 0),
        ('resolved-twice', 205, 30),
        ('reopened-by-agent', 355, 0),
        ('two-visits', 120, 0),
        ('two-visits-other', 360, 0),
        ('idle-capped', 1200, 0),
        ('viewed-only', 355, 180),
        ('three-at-once-a', 540, 0),
        ('three-at-once-b', 240, 0),
        ('three-at-once-c', 480, 90),
        ('after-work', 355, 300),
        ('transferred', 530, 0),
        ('push-timed-out', 355, 0),
        ('paused-at-as-of', 235, 0),
        ('active-at-as-of', 0, 0)
    ) as printed (conversation_id, handle_seconds, viewing_seconds)
),

expected_works as (
    select printed.*
    from (
        values
        ('receipt-before-start', 'w1', 'closed', 122, 430, null, 1),
        ('after-work', 'w1', 'closed', 58.5, 690, 300, 2),
        ('transferred', 'w1', 'transferred', 118.5, 120, null, 1),
        ('transferred', 'w2', 'closed', 118.9, 450, null, 1),
        ('abandoned', 'w1', 'canceled', null, null, null, 1),
        ('declined-then-accepted', 'w1', 'declined', null, null, null, 1),
        ('declined-then-accepted', 'w2', 'closed', 117.6, 495, null, 1),
        ('push-timed-out', 'w1', 'declined_on_push_timeout', null, null, null, 1),
        ('push-timed-out', 'w2', 'closed', 56.9, 1810, null, 1),
        ('clocks-disagree', 'w1', 'closed', null, 128, null, 1)
    ) as printed (
        conversation_id, work_id, status, speed_to_answer_seconds, work_handle_seconds, after_work_seconds,
        capacity_weight
    )
),

expected_caps as (
    select printed.*
    from (
        values
        ('idle-capped', 960),
        ('refund-in-billing', 1015)
    ) as printed (conversation_id, visit_seconds)
),

capped as (
    select
        conversation_id,
        visit_seconds,
        idle_tail_seconds
    from {{ ref('fct_visits') }}
    where is_idle_capped and conversation_id not like 'sim-%'
),

three_at_once as (
    select
        sum(timelines.segment_seconds * timelines.open_work_count) as work_seconds,
        sum(timelines.segment_seconds) as occupied_seconds
    from {{ ref('fct_agent_timeline') }} as timelines
    inner join {{ ref('fct_agent_work') }} as works
        on
            timelines.agent_id = works.agent_id
            and timelines.started_at >= works.accepted_at
            and timelines.ended_at <= works.closed_at
    where works.conversation_id = 'three-at-once-a'
)

select expected.conversation_id
from expected_sessions as expected
left join {{ ref('fct_messaging_sessions') }} as sessions using (conversation_id)
where
    sessions.handle_seconds is distinct from expected.handle_seconds
    or sessions.viewing_seconds is distinct from expected.viewing_seconds
union all
select expected.conversation_id
from expected_works as expected
left join {{ ref('fct_agent_work') }} as works using (conversation_id, work_id)
where
    works.status is distinct from expected.status
    or works.speed_to_answer_seconds is distinct from expected.speed_to_answer_seconds
    or works.work_handle_seconds is distinct from expected.work_handle_seconds
    or works.after_work_seconds is distinct from expected.after_work_seconds
    or works.capacity_weight is distinct from expected.capacity_weight
    or works.has_clock_anomaly is distinct from (expected.conversation_id = 'clocks-disagree')
union all
select conversation_id
from expected_caps
full join capped using (conversation_id, visit_seconds)
where capped.idle_tail_seconds is distinct from 900 or expected_caps.visit_seconds is null
union all
select 'three-at-once-a' as conversation_id
from three_at_once
where work_seconds is distinct from 3660 or occupied_seconds is distinct from 1740
