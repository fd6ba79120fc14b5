-- Grain: one row per accepted piece of work that an agent had: the stretch in which it was open.
{{ config(materialized='view') }}
select
    works.agent_id,
    {{ epoch_milliseconds('works.accepted_at') }} as started_ms,
    {{ epoch_milliseconds('works.open_until_at') }} as ended_ms,
    cast(1000 * {{ plausible_load('works.capacity_weight') }} as bigint) as weight_thousandths,
    contexts.is_test_channel
from {{ ref('int_agent_work_concluded') }} as works
inner join {{ ref('int_session_contexts') }} as contexts using (session_id)
where works.accepted_at is not null and works.agent_id is not null
