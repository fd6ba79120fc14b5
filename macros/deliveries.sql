{# What both event logs do with a delivery. The reasons are tried in the order of the contract. #}

{% macro when_time_is_unusable() -%}
    when (occurred_at_text is not null and occurred_at is null) or received_at is null then 'invalid_timestamp'
    when occurred_at is null then 'missing_occurred_at'
{%- endmacro %}


{# A tolerance of null is refused by `refuse_bad_vars`; parsing has to get that far. #}
{% macro when_time_is_implausible() -%}
    when {{ milliseconds_between('received_at', 'occurred_at') }} > {{ 1000 * (var('clock_skew_tolerance_seconds') or 0) }}
        then 'occurred_after_received'
    {%- if var('max_lateness_days') is not none %}
    when {{ milliseconds_between('occurred_at', 'received_at') }} > {{ 86400000 * var('max_lateness_days') }}
        then 'received_implausibly_late'
    {%- endif %}
{%- endmacro %}


{# Deliveries received after the given as_of do not exist; one whose received_at cannot be read always does. #}
{% macro is_delivered_as_of(received_at='received_at') -%}
    coalesce({{ as_of_given() }} is null or {{ received_at }} <= {{ as_of_given() }}, true)
{%- endmacro %}


{# True where there is text and it is not a plain decimal number within decimal(18,3). Of JSON numbers the engine writes
   the tiny ones with an exponent, such as 1e-7. #}
{% macro is_not_a_number(text) -%}
    {{ text }} is not null and not ({{ text_matches(text, '-?[0-9]+(\\.[0-9]+)?(e-[0-9]+)?') }} and try_cast({{ text }} as decimal(18, 3)) is not null)
{%- endmacro %}


{#
    Deliveries of the events that were delivered more than once, judged: of one event_id the earliest received wins
    (ties: the smaller by the raw columns in contract order, null as empty); a delivery equal to the winner in every
    column but received_at is an exact redelivery, any other a conflict.
#}
{% macro judged_redeliveries(deliveries, content_columns) %}
with

usable as (
    select * from {{ deliveries }}
    where rejection_reason is null
),

delivered_repeatedly as (      -- out of the narrow column, and not out of `usable`, which is wide
    select event_id
    from {{ deliveries }}
    where rejection_reason is null
    group by event_id
    having count(*) > 1
),

contents_compared as (
    select
        usable.*,
        {{ row_of(content_columns) }} as content,
        row_number() over (
            partition by usable.event_id
            -- The texts tell apart what differs in nothing else, so that the winner's raw columns are always the same.
            order by usable.received_at, {{ content_columns | join(', ') }}, occurred_at_text, received_at_text
        ) as delivery_number
    from usable
    inner join delivered_repeatedly on usable.event_id = delivered_repeatedly.event_id
),

judged as (
    select
        *,
        content = first_value(content) over (partition by event_id order by delivery_number) as equals_winner
    from contents_compared
),

final as (
    select
        judged.* exclude (content, equals_winner, delivery_number),
        delivery_number = 1 as is_winner,
        delivery_number > 1 and equals_winner as is_exact_redelivery,
        not equals_winner as is_conflict,
        count(*) filter (where equals_winner) over (partition by event_id) - 1 as redelivery_count
    from judged
)

select * from final
{% endmacro %}


{# Usable events, each once: what was delivered once, and the winners of what came more often. `is_asked` says of which events. #}
{% macro deduplicated_events(deliveries, judged_redeliveries, is_asked='true') %}
with

usable as (
    select * from {{ deliveries }}
    where rejection_reason is null and {{ is_asked }}
),

delivered_once as (
    select
        usable.*,
        cast(0 as bigint) as redelivery_count
    from usable
    anti join {{ judged_redeliveries }} as judged on usable.event_id = judged.event_id
),

winners as (
    select * exclude (is_winner, is_exact_redelivery, is_conflict)
    from {{ judged_redeliveries }}
    where is_winner and {{ is_asked }}
),

final as (
    select * from delivered_once
    union all
    select * from winners
)

select * from final
{% endmacro %}


{# The payload keys that staging reads, in one parse of the payload. #}
{% macro payload_keys() %}
    {{ return([
        'origin', 'message_id', 'text', 'is_proactive', 'has_attachments', 'status_code', 'team_id', 'work_id',
        'agent_id', 'capacity_weight', 'reason', 'to_team_id', 'to_agent_id', 'topic_id', 'survey_id', 'scale_max',
        'score', 'comment', 'figure', 'value',
        'is_actor_unknown', 'are_messages_recorded'
    ]) }}
{% endmacro %}


{# Keys that some event type requires; a test holds the list equal to the vocabulary's. #}
{% macro requirable_payload_keys() %}
    {{ return(['message_id', 'work_id', 'agent_id', 'topic_id', 'survey_id', 'score', 'figure', 'value']) }}
{% endmacro %}


{% macro numeric_payload_keys() %}
    {{ return(['capacity_weight', 'scale_max', 'score']) }}
{% endmacro %}


{# The column of a payload key: its name, but where that alone would not say whose it is. #}
{% macro payload_column(key) %}
    {{ return({
        'text': 'message_text', 'agent_id': 'assigned_agent_id', 'comment': 'csat_comment', 'score': 'csat_score',
        'scale_max': 'csat_scale_max', 'value': 'reported_value'
    }.get(key, key)) }}
{% endmacro %}


{# Columns of the payload that one step alone asks for, or none: nobody else carries them. #}
{% macro payload_columns_of_few() %}
    {{ return([
        'message_text', 'is_proactive', 'has_attachments', 'reason', 'csat_scale_max', 'csat_score', 'csat_comment'
    ]) }}
{% endmacro %}


{# The raw text of a time, for rejected deliveries; null where a typed column's time says it all. #}
{% macro text_as_delivered(column) -%}
    case
        when {{ is_text(column) }} or {{ utc_timestamp(column) }} is null then cast({{ column }} as varchar)
    end
{%- endmacro %}


{# One payload value as text. An empty text is no text, but an empty number is not a number. #}
{% macro payload_text(texts, key) -%}
    {%- set value = list_item(texts, payload_keys().index(key)) -%}
    {{ value if key in numeric_payload_keys() else "nullif(" ~ value ~ ", '')" }}
{%- endmacro %}


{# A raw time as it was delivered. #}
{% macro raw_text_of(column) -%}
    coalesce({{ column }}_text, cast({{ column }} as varchar))
{%- endmacro %}


{# True for an event that starts a session: its actor is one of those by whom its type starts one. #}
{% macro is_starter() -%}
    vocabulary.starting_actors like '% ' || events.actor_type || ' %'
{%- endmacro %}
