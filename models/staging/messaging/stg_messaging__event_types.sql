-- Grain: one row per event type: the vocabulary, and what each type is, said here and nowhere else.
with

vocabulary as (
    select
        *,
        {{ is_believed_work_event() }} as is_believed
    from {{ ref('event_types') }}
),

final as (
    select
        event_type,
        sort_rank,
        ' ' || coalesce(starting_actors, '') || ' ' as starting_actors,
        focus_effect,
        case event_type
            when 'message_delivered' then 'delivered'
            when 'message_read' then 'read'
            when 'message_failed' then 'failed'
        end as receipt_status,
        ends_session,
        is_activity,
        {%- for key in requirable_payload_keys() %}
        ' ' || coalesce(required_keys, '') || ' ' like '% {{ key }} %' as requires_{{ key }},
        {%- endfor %}
        event_type = 'conversation_started' as is_conversation_start,
        event_type = 'message_sent' as is_message,
        event_type = 'bot_handoff' as is_handoff,
        event_type = 'topic_added' as is_topic_added,
        event_type = 'topic_removed' as is_topic_removed,
        event_type = 'conversation_pended' as is_pend,
        event_type = 'conversation_resolved' as is_resolve,
        event_type = 'conversation_reopened' as is_reopen,
        ' ' || coalesce(required_keys, '') || ' ' like '% work_id %' and is_believed as is_work_event,
        event_type = 'work_requested' as is_work_request,
        event_type = 'work_assigned' and is_believed as is_work_assignment,
        event_type = 'work_accepted' as is_work_acceptance,
        event_type = 'work_transferred' and is_believed as is_work_transfer,
        event_type = 'after_work_started' as is_after_work_start,
        event_type = 'csat_requested' as is_survey_request,
        event_type = 'csat_responded' as is_survey_answer,
        event_type = 'figure_reported' as is_figure_report,
        case event_type
            when 'work_closed' then 'closed'
            when 'work_transferred' then 'transferred'
            when 'work_declined' then 'declined'
            when 'work_push_timed_out' then 'declined_on_push_timeout'
            when 'work_canceled' then 'canceled'
        end as work_outcome
    from vocabulary
)

select * from final
