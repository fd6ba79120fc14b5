-- Grain: one row per event of an entry: a message, what became of it, a bot's hand-off.
with

spans as (
    select * from {{ ref('stg_service_cloud__messaging_session_spans') }}
),

entries as (      -- what is of no session is one event, without a conversation and without words, to be rejected
    select
        spans.conversation_id,
        spans.channel_id,
        spans.messaging_user_id,
        entries.* replace ({{ within_its_session('entries.entered_at', 'spans') }} as entered_at),
        {{ entry_actor('entries.actor_type') }} as actor,
        entries.messaging_session_id is not null as is_of_a_session
    from {{ ref('stg_service_cloud__conversation_entries_placed') }} as entries
    left join spans on entries.messaging_session_id = spans.messaging_session_id
),

{%- set actor_id = "case when actor in ('agent', 'bot') then " ~ id_or_unknown('actor_id') ~ ' end' %}
{%- set bot_id = "case when actor = 'bot' then " ~ id_or_unknown('actor_id') ~ ' else ' ~ inferred_name() ~ ' end' %}
{%- set ids = {'message_id': 'message_id'} %}

messages as (      -- of a message that failed on its way in nothing but the failure may have been seen
    select
        * replace (case when is_of_a_session then message_text end as message_text),
        {{ where_there_are('ConversationEntry', ['message', 'hasattachments'], "coalesce(
            message_status = 'Error' and message_text is null and lower(has_attachments) is distinct from 'true', false
        )") }} as is_unseen
    from entries
    where entry_type = 'Text'
),

final as (
    {{ entry_event('messages', 'sent', 'message_sent', 'actor', actor_id, {
        'message_id': 'message_id', 'text': 'message_text', 'has_attachments': 'lower(has_attachments)'
    }, 'not is_unseen') }}
    union all
    {{ entry_event('messages', 'delivered', 'message_delivered', "'system'", none, ids,
        "message_status = 'Delivered' and is_of_a_session") }}
    union all
    {{ entry_event('messages', 'read', 'message_read', "'system'", none, ids,
        "message_status = 'Read' and is_of_a_session") }}
    union all
    {{ entry_event('messages', 'failed', 'message_failed', "'system'", none, {
        'message_id': 'message_id', 'status_code': 'message_status_code'
    }, "message_status = 'Error' and (is_of_a_session or is_unseen)") }}
    union all
    {{ entry_event('entries', 'escalated', 'bot_handoff', "'bot'", bot_id, {}, "entry_type = 'BotEscalated'") }}
)

select * from final
