-- Grain: one row per delivery of a presence event read so far, good or bad; each is validated alone.
{{ config(post_hook=journal_parts_read('raw_presence_events')) }}
{{ waits_for('stg_messaging__raw_parts', 'stg_messaging__definitions') }}
with

deliveries as (
    select * from {{ ref('base_messaging__presence_events') }}
),

statuses as (
    select * from {{ ref('presence_statuses') }}
),

times_read as (
    select
        * replace (
            {{ utc_timestamp('occurred_at') }} as occurred_at,
            {{ utc_timestamp('received_at') }} as received_at
        ),
        {{ text_as_delivered('occurred_at') }} as occurred_at_text,
        {{ text_as_delivered('received_at') }} as received_at_text
    from deliveries
),

validated as (
    select
        times_read.*,
        case
            when times_read.event_id is null then 'missing_event_id'
            when times_read.agent_id is null then 'missing_agent_id'
            when statuses.status is null then 'unknown_status'
            {{ when_time_is_unusable() }}
            when {{ is_not_a_number('capacity') }} then 'invalid_payload'
            {{ when_time_is_implausible() }}
        end as rejection_reason
    from times_read
    left join statuses using (status)
)

select * from validated
