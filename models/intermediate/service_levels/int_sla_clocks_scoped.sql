-- Grain: one row per clock (metric, session, response): to which channel, team and topic it belonged when it started.
with

clocks as {{ inlined() }} (
    select * from {{ ref('int_sla_clocks_started') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

topics as (
    select * from {{ ref('int_topics_set') }}
),

starts as (
    select
        session_id,
        started_at
    from clocks
    group by session_id, started_at
),

topics_then as (      -- the latest still set at the start, else the first set after it
    select
        starts.session_id,
        starts.started_at,
        max_by(topics.topic_id, topics.set_position) filter (
            where topics.set_at <= starts.started_at
            and (topics.removed_at is null or topics.removed_at > starts.started_at)
        ) as standing_topic_id,
        min_by(topics.topic_id, topics.set_position) filter (where topics.set_at > starts.started_at) as next_topic_id
    from starts
    inner join topics using (session_id)
    group by starts.session_id, starts.started_at
),

final as (
    select
        clocks.*,
        contexts.channel_id,
        contexts.business_hours_id,
        coalesce(routed_then.last_team_id, routed_later.first_team_id) as team_id,
        coalesce(topics_then.standing_topic_id, topics_then.next_topic_id) as topic_id
    from clocks
    inner join contexts using (session_id)
    left join {{ ref('int_session_routings') }} as routed_later using (session_id)
    left join topics_then using (session_id, started_at)
    {{ join_latest(
        ref('int_routings_named'), 'routed_then', {'session_id': 'clocks.session_id'}, 'routed_at', '>=', 'clocks.started_at'
    ) }}
)

select * from final
