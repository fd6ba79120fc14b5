-- Grain: one row per piece of agent work (an assignment) as the platform has it now, whatever it is work on.
with

records as (
    {{ current_records('base_service_cloud__agent_work', 'AgentWork') }}
),

timed as (
    select
        *,
        {{ platform_time('cancel_date_time', 'AgentWork') }} as canceled_at,
        {{ platform_time('last_modified_date', 'AgentWork') }} as modified_at,
        {{ platform_time('system_modstamp', 'AgentWork') }} as stamped_at
    from records
),

final as (
    select
        id as agent_work_id,
        work_item_id as messaging_session_id,
        user_id as agent_id,
        coalesce(bot_id, external_bot_id) as bot_id,
        original_group_id as team_id,
        status,
        capacity_model,
        decline_reason,
        {{ platform_time('request_date_time', 'AgentWork') }} as requested_at,
        {{ platform_time('assigned_date_time', 'AgentWork') }} as assigned_at,
        {{ platform_time('accept_date_time', 'AgentWork') }} as accepted_at,
        {{ platform_time('decline_date_time', 'AgentWork') }} as declined_at,
        {{ platform_time('push_timeout_date_time', 'AgentWork') }} as push_timed_out_at,
        -- That an agent was no longer there has no moment of its own: it was the record's last change.
        coalesce(canceled_at, case when status = 'Unavailable' then coalesce(modified_at, stamped_at) end)
            as canceled_at,
        {{ platform_time('close_date_time', 'AgentWork') }} as closed_at,
        capacity_weight,
        {{ platform_number('after_conversation_actual_time', 'AgentWork') }} as after_work_seconds,
        {{ platform_number('speed_to_answer', 'AgentWork') }} as speed_to_answer_seconds,
        {{ platform_number('handle_time', 'AgentWork') }} as handle_seconds,
        {{ platform_number('active_time', 'AgentWork') }} as active_seconds,
        bot_id is not null or bot_type is not null or external_bot_id is not null as is_bot_work
    from timed
)

select * from final
