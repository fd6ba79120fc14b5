{#
    What becomes of a person who asked to be forgotten; docs/decisions/0044-personal-data.md argues it.

    Redaction happens where raw rows are read and nowhere else: whatever stores a raw value, or one made of it, reads
    `stg_messaging__conversation_events_redacted` and `stg_messaging__messaging_users`. The models that know whom a
    pseudonym stands for are views, so that no file knows it.
#}

{# What stands where a text or a name was: that it was there is counted, what it said is gone. #}
{% macro redacted_word() -%}
    '(redacted)'
{%- endmacro %}


{# `(redacted 3)` is the third person who asked, `(redacted 3.1)` an address of that person. #}
{% macro pseudonym(person_number, address_number=none) -%}
    '(redacted ' || cast({{ person_number }} as varchar)
    {%- if address_number %} || '.' || cast({{ address_number }} as varchar){% endif %} || ')'
{%- endmacro %}


{#
    The deliveries of a relation with the columns of the raw event log, those of the forgotten without text and
    identifiers. A conversation is forgotten as a whole, whoever wrote in it, as soon as one delivery names the person:
    the agent's answer quotes the question.

    Nothing is dropped, and what is counted stays: the known emoji of a text, that there was one, a readable score, and
    which deliveries of one event differ. Without redactions each join has an empty side, and rows pass untouched.
#}
{% macro redacted_deliveries(deliveries) %}
with
{%- if has_adapter() %}

told as (      -- once: to plan what an adapter makes takes seconds each time, however few its records are
    select * from {{ deliveries }}
),
    {%- set deliveries = 'told' %}
{%- elif execute and model.resource_type == 'model' and kept_deliveries('raw_conversation_events') %}
    {%- set are_kept = true %}
    {%- do refuse_numbers_of_others() %}

told as (
    {{- unredacted_deliveries(deliveries) }}),
    {%- set deliveries = 'told' %}
{%- endif %}

addresses as (
    select * from {{ ref('stg_messaging__redacted_addresses') }}
),

identifiers as (
    select * from {{ ref('stg_messaging__redacted_identifiers') }}
),

lexicon as (
    select {{ list_of('emoji') }} as known_emoji from {{ ref('stg_messaging__emoji_sentiment') }}
),

named as (
    {%- for user in ['deliveries.messaging_user_id', acting_user('deliveries')] %}
    select
        deliveries.conversation_id,
        addresses.pseudonym,
        addresses.contact_pseudonym
    from {{ deliveries }} as deliveries
    inner join addresses on {{ user }} = addresses.messaging_user_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

conversations_named as (
    select
        conversation_id,
        min(pseudonym) as pseudonym
    from named
    where conversation_id is not null
    group by conversation_id
),

identifiers_of_conversations as (      -- of all persons who are named: some platforms make the thread's id of addresses
    select
        named.conversation_id,
        identifiers.identifier,
        -- What two persons share is called one thing.
        min(identifiers.identifier_pseudonym) as identifier_pseudonym
    from (select distinct conversation_id, contact_pseudonym from named) as named
    inner join identifiers using (contact_pseudonym)
    where named.conversation_id is not null
    group by named.conversation_id, identifiers.identifier
),

names_of_conversations as (
    select
        conversation_id,
        {{ map_of('identifier', 'identifier_pseudonym') }} as names
    from identifiers_of_conversations
    group by conversation_id
),

conversations as (
    select
        conversations_named.conversation_id,
        conversations_named.pseudonym,
        -- What has been replaced is not looked through again: `1` may be somebody's id.
        {{ replaced_each('conversations_named.conversation_id', 'names_of_conversations.names') }} as conversation_pseudonym,
        lexicon.known_emoji
    from conversations_named
    inner join names_of_conversations using (conversation_id)
    cross join lexicon
),

variants as (      -- what was delivered again with other words must still be told apart without them
    select
        deliveries.event_id,
        {{ list_of('distinct deliveries.payload', order_by='deliveries.payload') }} as payloads
    from {{ deliveries }} as deliveries
    semi join conversations using (conversation_id)
    where deliveries.payload is not null
    group by deliveries.event_id
    having count(distinct deliveries.payload) > 1
),

marked as (
    select
        deliveries.*,
        users.pseudonym as user_pseudonym,
        conversations.conversation_pseudonym,
        conversations.known_emoji,
        coalesce(actors.pseudonym, conversations.pseudonym, users.pseudonym) as redacted_as,
        case
            when coalesce(actors.pseudonym, conversations.pseudonym, users.pseudonym) is not null
                then case when {{ is_json_object('deliveries.payload') }} then {{ json_texts('deliveries.payload', payload_keys()) }} end
        end as payload_texts,
        cast({{ position_in_list('variants.payloads', 'deliveries.payload') }} as varchar) as variant
    from {{ deliveries }} as deliveries
    left join conversations using (conversation_id)
    left join addresses as users on deliveries.messaging_user_id = users.messaging_user_id
    left join addresses as actors on {{ acting_user('deliveries') }} = actors.messaging_user_id
    left join variants on deliveries.event_id = variants.event_id
),

final as (
    select
        * exclude (user_pseudonym, conversation_pseudonym, known_emoji, redacted_as, payload_texts, variant{{ ', id_in_ledger' if are_kept }})
        replace (
            coalesce(conversation_pseudonym, {{ 'id_in_ledger, ' if are_kept }}conversation_id) as conversation_id,
            coalesce(user_pseudonym, messaging_user_id) as messaging_user_id,
            case
                when redacted_as is null or actor_id is null or actor_type in ('agent', 'bot', 'system') then actor_id
                else redacted_as
            end as actor_id,
            case
                when redacted_as is null or payload is null then payload
                when payload_texts is null then {{ redacted_word() }}     -- unreadable before, unreadable after
                else {{ json_object_of(redacted_payload('payload_texts')) }}
            end as payload
        )
    from marked
)

select * from final
{% endmacro %}


{# Who acted, where a customer did or may have: agents and bots have ids of their own, which may look the same. #}
{% macro acting_user(deliveries) -%}
    case when coalesce({{ deliveries }}.actor_type, '') not in ('agent', 'bot', 'system') then {{ deliveries }}.actor_id end
{%- endmacro %}


{# What is left of a payload, by key: what numbers are made of. A reason given in words is not; keys outside the contract
   may say anything. #}
{% macro redacted_payload(texts) %}
    {% set kept = {'variant': 'variant'} %}
    {% for key in payload_keys() if key != 'reason' %}
        {% set value = payload_text(texts, key) %}
        {% if key == 'text' %}
            {% set value = redacted_text(value, 'known_emoji') %}
        {% elif key == 'comment' %}
            {% set value = 'case when ' ~ value ~ ' is not null then ' ~ redacted_word() ~ ' end' %}
        {% elif key in ['figure', 'value'] %}
            {% set value = 'case when ' ~ text_matches(value, '[a-z_]+|[0-9.]+') ~ ' then ' ~ value ~ ' when ' ~ value ~ ' is not null then ' ~ redacted_word() ~ ' end' %}
        {% elif key in ['is_proactive', 'has_attachments', 'is_actor_unknown', 'are_messages_recorded'] %}
            {% set value = 'case when ' ~ value ~ " in ('true', 'false') then " ~ value ~ ' end' %}
        {% elif key in numeric_payload_keys() %}
            {% set value = 'case when ' ~ is_not_a_number(value) ~ ' then ' ~ redacted_word() ~ ' else ' ~ value ~ ' end' %}
        {% endif %}
        {% do kept.update({key: value}) %}
    {% endfor %}
    {{ return(kept) }}
{% endmacro %}


{# The emoji that the lexicon knows: their score and their number stay, and no word does. #}
{% macro redacted_text(text, known_emoji) -%}
    case
        when {{ text }} is not null
            then coalesce(nullif({{ kept_code_points(text, known_emoji) }}, ''), {{ redacted_word() }})
    end
{%- endmacro %}


{# Who is forgotten, and as what, as one hash: another answer means another log, and a whole build. Of the identifiers of each
   address it holds three digits, too few to find one by trying. `addresses` are those of the forgotten. #}
{% macro redactions_fingerprint(addresses) -%}
    (
        select {{ fingerprint_of_lines('line') }} from (
            select
                pseudonym || '|' || cast({{ hash_of(['messaging_user_id', 'contact_id', 'platform_key']) }} % 1000 as varchar) as line
            from {{ addresses }}
        )
    )
{%- endmacro %}
