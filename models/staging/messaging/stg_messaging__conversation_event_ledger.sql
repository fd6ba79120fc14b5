-- Grain: one row per delivery of a conversation event read so far, good or bad; each is validated alone.
{{ config(post_hook=journal_parts_read('raw_conversation_events')) }}
{{ waits_for('stg_messaging__raw_parts', 'stg_messaging__definitions', 'stg_messaging__redacted_addresses') }}
with

deliveries as (
    select * from {{ ref('stg_messaging__conversation_events_redacted') }}
),

vocabulary as (
    select * from {{ ref('stg_messaging__event_types') }}
),

times_read as (
    select
        * replace (
            {{ utc_timestamp('occurred_at') }} as occurred_at,
            {{ utc_timestamp('received_at') }} as received_at
        ),
        {{ text_as_delivered('occurred_at') }} as occurred_at_text,
        {{ text_as_delivered('received_at') }} as received_at_text,
        case when {{ is_json_object('payload') }} then {{ json_texts('payload', payload_keys()) }} end as payload_texts
    from deliveries
),

payload_read as (
    select
        * exclude (payload_texts)
        {%- for key in payload_keys() %},
        {{ payload_text('payload_texts', key) }} as {{ payload_column(key) }}
        {%- endfor %},
        payload is not null and payload_texts is null as is_payload_unreadable
    from times_read
),

validated as (
    select
        payload_read.* exclude (is_payload_unreadable),
        case
            when payload_read.event_id is null then 'missing_event_id'
            when payload_read.conversation_id is null then 'missing_conversation_id'
            when vocabulary.event_type is null then 'unknown_event_type'
            {{ when_time_is_unusable() }}
            when
                payload_read.is_payload_unreadable
                {%- for key in numeric_payload_keys() %}
                or ({{ is_not_a_number(payload_column(key)) }})
                {%- endfor %}
                then 'invalid_payload'
            when
                actor_type is null or actor_type not in ('end_user', 'agent', 'bot', 'system')
                or (actor_type in ('agent', 'bot') and actor_id is null)
                then 'missing_actor'
            when
                false
                {%- for key in requirable_payload_keys() %}
                or (vocabulary.requires_{{ key }} and {{ payload_column(key) }} is null)
                {%- endfor %}
                then 'missing_payload_key'
            {{ when_time_is_implausible() }}
        end as rejection_reason
    from payload_read
    left join vocabulary using (event_type)
)

select * from validated
