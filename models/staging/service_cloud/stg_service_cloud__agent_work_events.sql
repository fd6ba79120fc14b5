-- Grain: one row per event of a human's piece of agent work on a messaging session.
with

spans as (
    select * from {{ ref('stg_service_cloud__messaging_session_spans') }}
),

{%- set moments = [
    'requested_at', 'assigned_at', 'accepted_at', 'declined_at', 'push_timed_out_at', 'canceled_at', 'closed_at'
] %}
{%- set skew = 1000 * (var('clock_skew_tolerance_seconds') or 0) %}

work as (      -- other items are none, bots have no capacity; what is of a session that is not there is to be rejected
    select
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        agent_work.* replace (
            {%- for moment in moments %}
            {{ within_its_session('agent_work.' ~ moment, 'spans', skew) }} as {{ moment }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    from {{ ref('stg_service_cloud__agent_work') }} as agent_work
    left join spans on agent_work.messaging_session_id = spans.messaging_session_id
    where
        not agent_work.is_bot_work
        and {{ is_recorded('work') }}
        and (spans.messaging_session_id is not null or {{ is_work_on_a_session('agent_work.messaging_session_id') }})
),

outcomes_named as (
    select
        *,
        status = 'DeclinedOnPushTimeout' as is_timed_out,
        status = 'Transferred' as is_transferred,
        case
            when after_work_seconds > 0
                then {{ timestamp_from_milliseconds(
                    epoch_milliseconds('closed_at') ~ ' - cast(1000 * after_work_seconds as bigint)'
                ) }}
        end as after_work_started_at
    from work
),

{%- set ids = {'work_id': 'agent_work_id'} %}
{%- set routed = {'work_id': 'agent_work_id', 'team_id': 'team_id'} %}

final as (
    {{ work_event('requested', 'work_requested', 'requested_at', 'system', routed) }}
    union all
    {{ work_event('assigned', 'work_assigned', 'assigned_at', 'system', {
        'work_id': 'agent_work_id', 'agent_id': 'agent_id', 'team_id': 'team_id', 'capacity_weight': 'capacity_weight'
    }) }}
    union all
    {{ work_event('accepted', 'work_accepted', 'accepted_at', 'agent', ids) }}
    union all
    {{ work_event('declined', 'work_declined', 'declined_at', 'agent', {
        'work_id': 'agent_work_id', 'reason': 'decline_reason'
    }, 'declined_at is not null and not coalesce(is_timed_out, false) or '
        ~ is_over_at_no_time('Declined', 'declined_at', 'declinedatetime')) }}
    union all
    {{ work_event('timed_out', 'work_push_timed_out', 'coalesce(push_timed_out_at, declined_at)', 'system', ids,
        'coalesce(push_timed_out_at, case when is_timed_out then declined_at end) is not null and accepted_at is null or '
        ~ is_over_at_no_time('DeclinedOnPushTimeout', 'coalesce(push_timed_out_at, declined_at)', 'pushtimeoutdatetime')) }}
    union all
    {{ work_event('canceled', 'work_canceled', 'canceled_at', 'system', ids,
        'canceled_at is not null or ' ~ is_over_at_no_time('Canceled', 'canceled_at', 'canceldatetime')) }}
    union all
    {{ work_event('transferred', 'work_transferred', 'closed_at', 'agent', ids,
        'closed_at is not null and is_transferred or ' ~ is_over_at_no_time('Transferred', 'closed_at', 'closedatetime')) }}
    union all
    {{ work_event('closed', 'work_closed', 'closed_at', 'agent', ids,
        'closed_at is not null and not coalesce(is_transferred, false) or '
        ~ is_over_at_no_time('Closed', 'closed_at', 'closedatetime')) }}
    union all
    {{ work_event('after_work', 'after_work_started', 'after_work_started_at', 'agent', ids) }}
)

select * from final
