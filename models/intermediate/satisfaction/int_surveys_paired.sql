-- Grain: one row per conversation and survey id: its first request, and its last answer.
with

events as (
    select
        sessionized.*,
        payloads.csat_scale_max,
        payloads.csat_score,
        payloads.csat_comment,
        case when is_survey_request then position_in_conversation end as request_position,
        case when is_survey_answer then position_in_conversation end as answer_position
    from {{ ref('int_conversation_events_sessionized') }} as sessionized
    inner join {{ ref('int_conversation_event_payloads') }} as payloads using (event_id)
    where (is_survey_request or is_survey_answer){{ ' and false' if not is_recorded('csat') }}
),

paired as (
    select
        conversation_id,
        survey_id,
        coalesce(min_by(session_id, request_position), max_by(session_id, answer_position)) as session_id,
        coalesce(min(request_position), max(answer_position)) as known_position,
        min_by(event_id, request_position) as requested_event_id,
        max_by(event_id, answer_position) as responded_event_id,
        min_by(occurred_at, request_position) as requested_at,
        max_by(occurred_at, answer_position) as responded_at,
        -- '' and not null: a first request without a scale has none, whatever a later one says
        nullif(min_by(coalesce(csat_scale_max, ''), request_position), '') as scale_max,
        max_by(csat_score, answer_position) as score,
        nullif(max_by(coalesce(csat_comment, ''), answer_position), '') as csat_comment
    from events
    group by conversation_id, survey_id
),

final as (      -- as it was given: rounded before it is judged, 3.9996 of 5 would be satisfied
    select
        * replace (
            cast(score as decimal(33, 15)) as score,
            cast(coalesce(scale_max, '5') as decimal(33, 15)) as scale_max
        )
    from paired
)

select * from final
