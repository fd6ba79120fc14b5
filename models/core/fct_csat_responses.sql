-- Grain: one row per conversation and survey id: a survey asked, answered, or both.
with

surveys as (
    select
        *,
        score between 0 and scale_max as is_valid      -- null while unanswered
    from {{ ref('int_surveys_paired') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

credits as (
    select * from {{ ref('int_surveys_credited') }}
),

final as (
    select
        surveys.conversation_id,
        surveys.survey_id,
        surveys.session_id,
        contexts.channel_id,
        contexts.messaging_user_id,
        contexts.account_id,
        topics_still_set.topic_id,
        credits.agent_id,
        teams_then.team_id,
        surveys.requested_event_id,
        surveys.responded_event_id,
        surveys.csat_comment,
        surveys.requested_at,
        {{ local_date('surveys.requested_at') }} as requested_date,
        surveys.responded_at,
        {{ local_date('surveys.responded_at') }} as responded_date,
        {{ seconds_between('surveys.requested_at', 'surveys.responded_at') }} as answer_seconds,
        cast(surveys.score as decimal(18, 3)) as score,
        cast(surveys.scale_max as decimal(18, 3)) as scale_max,
        surveys.requested_at is not null as is_requested,
        surveys.responded_at is not null as is_answered,
        surveys.is_valid,
        -- The top two of five, on any scale, without a division that could round.
        case when surveys.is_valid then surveys.score * 5 >= surveys.scale_max * 4 end as is_satisfied,
        contexts.is_test_channel,
        {{ is_clock_anomaly('surveys.requested_at', 'surveys.responded_at') }} as has_clock_anomaly
    from surveys
    inner join contexts using (session_id)
    left join credits
        on surveys.conversation_id = credits.conversation_id and surveys.survey_id = credits.survey_id
    left join {{ ref('int_session_topics_standing') }} as topics_still_set using (session_id)
    {{ join_team_of('credits.agent_id', 'credits.credited_at') }}
)

select * from final
order by requested_at
