-- Grain: one row per piece of work that has come, gone or changed its stretch or kind: as it was, and as it is.
{{ waits_for('int_agent_work_concluded', 'int_session_contexts', 'int_conversations_touched') }}
with
{% if is_partial_build() %}
works_now as (
    select
        works.conversation_id,
        works.work_id,
        works.agent_id,
        works.accepted_at,
        works.open_until_at,
        works.capacity_weight,
        contexts.is_test_channel
    from {{ ref('int_agent_work_concluded') }} as works
    inner join {{ ref('int_session_contexts') }} as contexts using (session_id)
),

works_then as (
    select
        conversation_id,
        work_id,
        agent_id,
        accepted_at,
        coalesce(terminal_at, case when is_closed_by_session_end then closed_at end) as open_until_at,
        capacity_weight,
        is_test_channel
    from {{ of_touched_conversations(standing('fct_agent_work')) }}
),

changed as (
    (select * from works_now except select * from works_then)
    union all
    (select * from works_then except select * from works_now)
),
{% else %}
changed as (
    select * from {{ ref('int_agent_work_concluded') }}
    where false
),
{% endif %}
final as (
    select
        conversation_id,
        work_id,
        agent_id,
        accepted_at,
        open_until_at
    from changed
)

select * from final
