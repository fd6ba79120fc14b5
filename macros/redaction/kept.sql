{#
    What stands from earlier builds and is of people who asked to be forgotten: whom the pseudonyms in it mean, whether they may
    mean somebody else by now, and when all has to be read again (docs/decisions/0044-personal-data.md).
#}

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
