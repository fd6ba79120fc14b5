-- Grain: one row per messaging session: in which conversation it is told, and what of that conversation lies around it.
with

sessions as (
    select * from {{ ref('stg_service_cloud__messaging_sessions') }}
),

{%- set before = 'over (
            partition by conversation_id order by ' ~ in_order_of_start() ~ '
            rows between unbounded preceding and 1 preceding
        )' %}

overlapped as (      -- of a session whose status is unknown, or says that it is over, nobody knows that it goes on
    select
        *,
        max(ended_at) {{ before }} as busy_until,
        coalesce(bool_or(ended_at is null and {{ is_going_on('status') }}) {{ before }}, false) as is_after_open_one
    from sessions
),

threaded as (      -- the end of one that began beside another would end the other
    select
        * replace (
            case when is_after_open_one or started_at < busy_until then messaging_session_id else conversation_id end
                as conversation_id
        ),
        conversation_id as thread_id,
        is_after_open_one or coalesce(started_at < busy_until and ended_at <= busy_until, false) as is_within_another
    from overlapped
),

final as (
    select
        * exclude (busy_until, is_after_open_one),
        lag(ended_at) over (
            partition by conversation_id order by {{ in_order_of_start() }}
        ) as previous_ended_at,
        lead(started_at) over (
            partition by conversation_id order by {{ in_order_of_start() }}
        ) as next_started_at
    from threaded
)

select * from final
