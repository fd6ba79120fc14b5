-- Grain: one row per piece of work that has come, gone or changed its stretch: as it was, and as it is.
{{ waits_for('int_agent_work_concluded', 'int_conversations_touched') }}
with
{% if is_partial_build() %}
works_now as (
    select
        conversation_id,
        work_id,
        agent_id,
        accepted_at,
        open_until_at,
        capacity_weight
    from {{ ref('int_agent_work_concluded') }}
),

works_then as (
    select
        conversation_id,
        work_id,
        agent_id,
        accepted_at,
        coalesce(terminal_at, case when is_closed_by_session_end then closed_at end) as open_until_at,
        capacity_weight
    from {{ standing('fct_agent_work') }}
    where {{ in_touched_conversations() }}
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
