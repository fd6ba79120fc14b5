-- Grain: one row per day, channel, ended by and agent type; sessions count on the day they started.
with

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel,
        coalesce(ended_by_type, '(open)') as ended_by,
        coalesce(agent_type, '(unknown)') as served_by
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

final as (
    select
        started_date as session_date,
        channel as channel_id,
        ended_by as ended_by_type,
        served_by as agent_type,
        {{- metrics([
            'session_count', 'recorded_session_count', 'recorded_session_rate', 'reported_agent_type_session_count',
            'inbound_session_count', 'ended_session_count', 'recorded_ended_session_count',
            'ended_inbound_session_count', 'recorded_ended_inbound_session_count', 'closed_session_count',
            'recorded_closed_session_count', 'bot_resolved_session_count', 'bot_resolved_rate',
            'abandoned_session_count', 'abandonment_rate', 'transferred_session_count', 'transfer_rate',
            'reopened_session_count', 'reopen_rate', 'handed_off_session_count', 'handoff_rate',
            'repeat_contact_session_count', 'repeat_contact_rate'
        ]) }}
    from sessions
    group by started_date, channel, ended_by, served_by
)

select * from final
{{ in_order_of('session_date') }}
