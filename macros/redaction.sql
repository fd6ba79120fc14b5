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


{#
    What the ledger alone still has comes with the pseudonyms that it got: here it says again who is meant, or a later delivery of
    the same conversation would be another one's, and nobody's. What it says is redacted again right away; where no delivery names
    the person any more, the id stays as the ledger has it.
#}
{% macro unredacted_deliveries(deliveries) %}
    select
        deliveries.* replace (
            coalesce(conversations.raw_conversation_id, deliveries.conversation_id) as conversation_id,
            coalesce(users.messaging_user_id, deliveries.messaging_user_id) as messaging_user_id,
            coalesce(actors.messaging_user_id, deliveries.actor_id) as actor_id
        ),
        case when conversations.raw_conversation_id is not null then deliveries.conversation_id end as id_in_ledger
    from {{ deliveries }} as deliveries
    left join ({{ conversations_meant(deliveries) }}) as conversations on deliveries.conversation_id = conversations.conversation_id
    left join {{ ref('stg_messaging__redacted_addresses') }} as users on deliveries.messaging_user_id = users.pseudonym
    left join {{ ref('stg_messaging__redacted_addresses') }} as actors on deliveries.actor_id = actors.pseudonym
{% endmacro %}


{# Of what a ledger is made, with the parts that it notes as read: who goes by which pseudonym in it. #}
{% macro journal_persons() %}
    {{ return([
        'truncate table ' ~ journal('persons'),
        'insert into ' ~ journal('persons') ~ ' select distinct contact_pseudonym, requested_at from '
        ~ ref('stg_messaging__redacted_addresses'),
    ]) }}
{% endmacro %}


{#
    Kept deliveries know whom they are of by a number alone. Where a request is not what it was, or another was made at its moment,
    that may be somebody else's number now, and two persons would become one.
#}
{% macro refuse_numbers_of_others() %}
    {% set told_then, told_now = {}, {} %}
    {% for pseudonym, requested_at in run_query(as_spelt(
        'select pseudonym, cast(requested_at as varchar) from ' ~ journal('persons')
    )).rows %}
        {% do told_then.update({pseudonym: requested_at}) %}
    {% endfor %}
    {% for pseudonym, requested_at in run_query(as_spelt(
        'select distinct contact_pseudonym, cast(requested_at as varchar) from ' ~ ref('stg_messaging__redacted_addresses')
    )).rows %}
        {% do told_now.update({pseudonym: requested_at}) %}
    {% endfor %}
    {% set in_doubt = {} %}
    {% for pseudonym, requested_at in told_then.items() %}
        {% set then, now = told_then.values() | select('equalto', requested_at) | list, told_now.values() | select('equalto', requested_at) | list %}
        {% if told_now.get(pseudonym) != requested_at or then | length != now | length %}
            {% do in_doubt.update({pseudonym[1:-1]: requested_at}) %}
        {% endif %}
    {% endfor %}
    {% if in_doubt %}
        {% set ledger = standing('stg_messaging__conversation_event_ledger') %}
        {% for column in ['messaging_user_id', 'actor_id', 'conversation_id'] %}
            {% for row in run_query(
                'select distinct ' ~ column ~ ' from ' ~ ledger ~ ' where ' ~ is_of_parts_to_read('raw_conversation_events', are_gone=true)
                ~ " and " ~ column ~ " like '%(redacted %'"
            ).rows %}
                {% for name in modules.re.findall('[(](redacted [0-9]+)', row[0]) if name in in_doubt %}
                    {% do exceptions.raise_compiler_error(
                        "redactions: deliveries whose raw rows are gone are known as of (" ~ name ~ "), the person whose request was made at "
                        ~ in_doubt[name] ~ ", and by the requests as they are now that may be somebody else: put that request back as it was, "
                        ~ "and give each new one a later requested_at than the last."
                    ) %}
                {% endfor %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{# The ids of conversations in which pseudonyms stand, and what they were. #}
{% macro conversations_meant(deliveries) %}
    select
        conversation_id,
        {{ replaced_each('conversation_id', 'names') }} as raw_conversation_id
    from (
        select
            told.conversation_id,
            {{ map_of('identifiers.identifier_pseudonym', 'identifiers.identifier') }} as names
        from (select distinct conversation_id from {{ deliveries }} where conversation_id like '%(redacted %') as told
        inner join {{ ref('stg_messaging__redacted_identifiers') }} as identifiers
            on contains(told.conversation_id, identifiers.identifier_pseudonym)
        group by told.conversation_id
    )
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


{# Whether of all contacts, as the last build keeps them, nobody is to be forgotten. The fingerprint above would not notice one
   in a thousand, who is asked for in the place of another; contacts that are not read again would keep the name. Without
   transactions a dead build may have left the name of the table alone. #}
{% macro no_forgotten_contact_stands(addresses) -%}
    {%- set contacts = standing('stg_messaging__messaging_users') -%}
    {%- if contacts and (has_transactions() or all_that_is_kept_stands()) -%}
    (
        select count(*) = 0 from {{ contacts }}
        where messaging_user_id in (select messaging_user_id from {{ addresses }})
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}


{#
    Whether the parts of the event log that are new, or others than they were, tell of somebody who is forgotten, now or as
    the ledger has them. A conversation is forgotten as a whole, whichever part names the person, and what is left of a
    payload depends on what else was delivered of its event. So all parts are read then, and the ledger keeps what is not
    changed by it.
#}
{% macro forgotten_are_told_of() %}
    {% do waits_for('stg_messaging__redacted_addresses', 'stg_messaging__redacted_identifiers', 'base_messaging__raw_parts') %}
    {% if not execute or model.resource_type != 'model' or not builds_on_the_last() %}
        {{ return(false) }}
    {% endif %}
    {% set addresses = ref('stg_messaging__redacted_addresses') %}
    {% if not run_query('select count(*) > 0 from ' ~ addresses).columns[0].values()[0] %}
        {{ return(false) }}
    {% endif %}
    {% set parts = "select part from " ~ ref('base_messaging__raw_parts') ~ " anti join " ~ journal('parts_read')
        ~ " using (raw_table, part, fingerprint) where raw_table = 'raw_conversation_events' order by part" %}
    {% set rows = raw_rows_of('raw_conversation_events', run_query(parts).columns[0].values() | list) %}
    {% if not rows %}
        {{ return(false) }}
    {% endif %}
    {% set types = raw_column_types(rows) %}
    {% set ids = {} %}
    {% for name in ['conversation_id', 'messaging_user_id', 'actor_id'] %}
        {% do ids.update({name: raw_column(name, 'varchar', types.get(name, 'VARCHAR'))}) %}
    {% endfor %}
    {{ return(run_query(as_spelt(
        "select count(*) > 0 from " ~ rows ~ " as told where " ~ ids.messaging_user_id ~ " in (select messaging_user_id from " ~ addresses
        ~ ") or " ~ ids.actor_id ~ " in (select messaging_user_id from " ~ addresses
        ~ ") or " ~ ids.conversation_id ~ " in (select conversation_id from " ~ standing('stg_messaging__conversation_event_ledger')
        ~ " where messaging_user_id like '(redacted %' or actor_id like '(redacted %') or " ~ ids.conversation_id
        ~ " in (select raw_conversation_id from (" ~ conversations_meant(standing('stg_messaging__conversation_event_ledger'))
        ~ ")) union all select count(*) > 0 from " ~ standing('stg_messaging__conversation_event_ledger') ~ " where part in (" ~ parts
        ~ ") and (messaging_user_id like '(redacted %' or actor_id like '(redacted %') order by 1 desc limit 1"
    )).columns[0].values()[0]) }}
{% endmacro %}
