-- Grain: one row per delivery that the build looks at: of the touched conversations, and the others of their events.
{{ waits_for('int_conversations_touched') }}
{%- set theirs = deliveries_of(standing('int_conversations_touched')) %}
{%- set of_the_same_events = rows_found(
    ref('stg_messaging__conversation_event_ledger'),
    'event_id in (select event_id from of_conversations_apart) and not '
    ~ in_touched_conversations(conversation_of_delivery()),
    by='received_at'
) %}
with
{% if is_partial_build() %}
touched as (
    select * exclude (part) from {{ theirs }}
    where {{ is_delivered_as_of() }}
),

-- Deliveries of one event that name different conversations conflict. What is new has touched all of these; of the rest the
-- last build rejected one at least: that one or the winner may be of a conversation that is not touched.
judged_before as (
    select
        event_id,
        {{ in_touched_conversations() }} as is_touched
    from {{ standing('rejected_events') }}
    where
        rejection_reason in ('conflicting_redelivery', 'no_session')
        and event_id in (select event_id from touched)
),

winners_touched as (
    select event_id from {{ of_touched_conversations(standing('fct_conversation_events')) }}
    where event_id in (select event_id from judged_before)
),

of_conversations_apart as (
    select event_id from judged_before
    where not is_touched
    union
    select event_id from {{ standing('fct_conversation_events') }}
    where event_id in (
        select event_id from judged_before
        anti join winners_touched using (event_id)
    )
),

conflicting as (
    select * exclude (part) from {{ of_the_same_events }}
    where {{ is_delivered_as_of() }}
),

final as (
    select * from touched
    union all
    select * from conflicting
)
{% else %}
final as (
    select * from {{ ref('stg_messaging__conversation_event_deliveries') }}
)
{% endif %}
select * from final
