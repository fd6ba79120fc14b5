-- Of each part of a log that this build read, a ledger holds as many deliveries as came in: none is lost on the way in.
with

came_in as (
    select
        'conversation events' as event_log,
        part,
        count(*) as delivery_count
    from {{ ref('base_messaging__conversation_events') }}
    group by part
    union all
    select
        'presence events' as event_log,
        part,
        count(*) as delivery_count
    from {{ ref('base_messaging__presence_events') }}
    group by part
),

held as (
    select
        'conversation events' as event_log,
        part,
        count(*) as delivery_count
    from {{ ref('stg_messaging__conversation_event_ledger') }}
    group by part
    union all
    select
        'presence events' as event_log,
        part,
        count(*) as delivery_count
    from {{ ref('stg_messaging__presence_event_ledger') }}
    group by part
)

select
    came_in.event_log,
    came_in.part,
    came_in.delivery_count,
    held.delivery_count as held_count
from came_in
left join held
    on came_in.event_log = held.event_log and came_in.part = held.part
where held.delivery_count is distinct from came_in.delivery_count
