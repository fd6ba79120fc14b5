-- What were the conversations about that were resolved this month, and how long did that take?
-- Source: messaging metrics guide, "User / Team reports", Resolved Conversations per topic.
-- Mart: mart_resolutions_by_day.
-- Answer: as per user, by the topic that was set when the conversation was resolved; `(none)`: none was.
-- Period: the month of as_of, by the day of the resolve.
-- Null: the name of no topic, and durations where the clocks disagree.
select
    {{ id_or_none('resolutions.topic_id') }} as topic_id,
    topics.topic_name,
    {{- metrics([
        'resolution_count', 'resolved_session_count', 'average_resolution_seconds', 'p50_resolution_seconds',
        'p90_resolution_seconds', 'p95_resolution_seconds'
    ]) }}
from {{ ref('fct_resolutions') }} as resolutions
left join {{ ref('dim_topics') }} as topics on resolutions.topic_id = topics.topic_id
where resolutions.is_resolved and not resolutions.is_test_channel and {{ is_this_month('resolved_date') }}
group by all
order by resolution_count desc, topic_id asc
