-- Grain: one row per day, channel, ended by and agent type; sessions count on the day they started.
with

sessions as (
    select
        *,
        {{ channel_or_none() }} as channel,
        coalesce(ended_by_type, '(open)') as ended_by
    from {{ ref('fct_messaging_sessions') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

final as (
    select
        started_date as session_date,
        channel as channel_id,
        ended_by as ended_by_type,
        agent_type,
        {{ metric('session_count') }} as session_count,
        {{ metric('inbound_session_count') }} as inbound_session_count,
        {{ metric('ended_session_count') }} as ended_session_count,
        {{ metric('ended_inbound_session_count') }} as ended_inbound_session_count,
        {{ metric('closed_session_count') }} as closed_session_count,
        {{ metric('bot_resolved_session_count') }} as bot_resolved_session_count,
        {{ metric('bot_resolved_rate') }} as bot_resolved_rate,
        {{ metric('abandoned_session_count') }} as abandoned_session_count,
        {{ metric('abandonment_rate') }} as abandonment_rate,
        {{ metric('transferred_session_count') }} as transferred_session_count,
        {{ metric('transfer_rate') }} as transfer_rate,
        {{ metric('reopened_session_count') }} as reopened_session_count,
        {{ metric('reopen_rate') }} as reopen_rate,
        {{ metric('handed_off_session_count') }} as handed_off_session_count,
        {{ metric('handoff_rate') }} as handoff_rate,
        {{ metric('repeat_contact_session_count') }} as repeat_contact_session_count,
        {{ metric('repeat_contact_rate') }} as repeat_contact_rate
    from sessions
    group by started_date, channel, ended_by, agent_type
)

select * from final
