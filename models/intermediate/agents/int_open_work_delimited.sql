-- Grain: one row per accepted piece of work that an agent had: the stretch in which it was open.
{{ config(materialized='view') }}
with

works as (
    select
        works.agent_id,
        works.accepted_at,
        works.open_until_at,
        works.capacity_weight,
        contexts.is_test_channel
    from {{ ref('int_agent_work_concluded') }} as works
    inner join {{ ref('int_session_contexts') }} as contexts using (session_id)
    {%- if is_partial_build() %}
    union all
    select
        agent_id,
        accepted_at,
        coalesce(terminal_at, case when is_closed_by_session_end then closed_at end) as open_until_at,
        capacity_weight,
        is_test_channel
    from {{ standing('fct_agent_work') }}
    where not {{ in_touched_conversations() }}
    {%- endif %}
),

delimited as (
    select
        agent_id,
        {{ epoch_milliseconds('accepted_at') }} as started_ms,
        {{ epoch_milliseconds('open_until_at') }} as ended_ms,
        cast(1000 * {{ plausible_load('capacity_weight') }} as bigint) as weight_thousandths,
        is_test_channel
    from works
    where accepted_at is not null and agent_id is not null
),

final as (
    {{ clipped_to_spans('delimited', 'int_timeline_spans_touched') }}
)

select * from final
