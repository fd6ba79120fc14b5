-- Grain: one row per survey: the agent to whom its score is credited, if any.
with

surveys as (
    select * from {{ ref('int_surveys_paired') }}
),

deeds as {{ inlined() }} (
    select
        session_id,
        position_in_conversation,
        actor_id as agent_id,
        occurred_at,
        is_agent_message,
        is_resolve and not is_preceding{{ ' and false' if not is_recorded('resolutions') }} as is_resolve
    from {{ ref('int_conversation_events_sessionized') }}
    where actor_type = 'agent'
),

resolves as (
    select * from deeds
    where is_resolve
),

messages as (
    select * from deeds
    where is_agent_message
),

final as (      -- who resolved last before the survey, else who wrote last before it
    select
        surveys.conversation_id,
        surveys.survey_id,
        coalesce(resolves.agent_id, messages.agent_id) as agent_id,
        coalesce(resolves.occurred_at, messages.occurred_at) as credited_at
    from surveys
    {%- for deeds_of_a_kind in ['resolves', 'messages'] %}
    {{ join_latest(
        deeds_of_a_kind, deeds_of_a_kind, {'session_id': 'surveys.session_id'}, 'position_in_conversation', '>',
        'surveys.known_position'
    ) }}
    {%- endfor %}
)

select * from final
