{#
    What a build remembers for the next one, in a schema of its own that no model reads by ref().

    journal.builds      the last build that was completed: what it spoke for, and by which definitions. Without a row
                        there is nothing to build on, and the next build makes everything anew.
    journal.meant       what the last completed build meant: its vars, its code and where its raw rows came from, as one hash.
    journal.attempts    what the builds after it spoke for: they may have died after they had written.
    journal.seen        until which receipt the last completed build, and those begun since, looked at deliveries. It may be
                        later than their as_of: what is rejected tells no time.
    journal.touched     what has to be computed anew, and which model said so. It is written in the transaction that
                        changes what it tells of, and emptied when a build has been completed: a build that dies leaves
                        it standing, so that the next one does at least as much.
    journal.parts_read  which parts of the logs the ledgers hold, and of contacts, as what they were read, and where.
    journal.persons     by which pseudonyms the ledger knows those who asked to be forgotten, and when each of them asked.
    journal.current_models  the models that were made of nothing older than what the last build decided (current.sql).
    journal.untold      what the objects of an adapter do not tell, so that it counts as unrecorded.
    journal.published   the last publication of the serving copy, and the one build that has begun since. Without a row the
                        copy is made whole.
    journal.spare       of which build the serving copy before the last one was, where its file is kept to make the next of.
    journal.gone__x, came__x    what the build deleted from and inserted into the published table x.
    journal.before__gone__x, before__came__x    what the last one did, where there is a spare.

    unit            id                  from_ms, to_ms                    from_day, to_day
    event           event id            -                                 -
    conversation    conversation id     the first moment of what has come -
                                        or gone of it, -
    agent           agent id            a span of the agent's time        -
    presence_event  event id            -                                 -
    messaging_user  messaging user id   -                                 -
    day             -                   -                                 local days, both included; null: since ever, for ever
#}

{% macro journal(table) %}
    {{ return(api.Relation.create(database=target.database or none, schema='journal', identifier=table)) }}
{% endmacro %}


{# {table: its columns} #}
{% macro journal_tables() %}
    {{ return({
        'builds': 'build_id varchar, as_of timestamp, config_fingerprint varchar, code_fingerprint varchar',
        'meant': 'meaning varchar',
        'attempts': 'as_of timestamp',
        'seen': 'received_until timestamp',
        'touched': 'unit varchar, id varchar, from_ms bigint, to_ms bigint, from_day date, to_day date, source varchar',
        'parts_read': 'raw_table varchar, part varchar, fingerprint varchar, raw_source varchar',
        'persons': 'pseudonym varchar, requested_at timestamp',
        'current_models': 'model varchar',
        'untold': 'what varchar',
        'published': 'build_id varchar, file varchar, form varchar, is_whole boolean, next_build_id varchar',
        'spare': 'build_id varchar, file varchar',
    }) }}
{% endmacro %}


{% macro create_journal() %}
    {% set statements = ['create schema if not exists ' ~ adapter.quote(target.database) ~ '.journal'] %}
    {% for table, columns in journal_tables().items() %}
        {% do statements.append('create table if not exists ' ~ journal(table) ~ ' (' ~ columns ~ ')') %}
    {% endfor %}
    {{ return(statements | join('; ')) }}
{% endmacro %}


{# Post-hooks of the models that find out what is touched: what they found outlives a build that dies. #}
{% macro journal_conversations() %}
    {{ return(
        "insert into {{ journal('touched') }} (unit, id, source) select 'conversation', conversation_id, '{{ this.identifier }}' from {{ this }}"
    ) }}
{% endmacro %}


{% macro journal_agents() %}
    {{ return(
        "insert into {{ journal('touched') }} (unit, id, from_ms, to_ms, source) select 'agent', agent_id, from_ms, to_ms, '{{ this.identifier }}' from {{ this }}"
    ) }}
{% endmacro %}


{# Post-hook of the model that knows it: the moment that the build speaks for. #}
{% macro journal_attempt() %}
    {{ return("insert into {{ journal('attempts') }} select as_of from {{ this }}") }}
{% endmacro %}


{# The same of the last receipt that it looks at. #}
{% macro journal_seen() %}
    {{ return("insert into {{ journal('seen') }} select received_until from {{ this }}") }}
{% endmacro %}


{# The journal after a build: emptied, and with the build as the one to build on. #}
{% macro close_journal() %}
    {% set statements %}
        delete from {{ journal('touched') }};
        delete from {{ journal('attempts') }};
        delete from {{ journal('seen') }};
        insert into {{ journal('seen') }} select received_until from {{ standing('int_build_scope') }};
        delete from {{ journal('builds') }};
        insert into {{ journal('builds') }}
        select
            build_id,
            as_of,
            config_fingerprint,
            code_fingerprint
        from {{ standing('int_build') }};
        delete from {{ journal('meant') }};
        insert into {{ journal('meant') }} values ({{ raw_literal(meaning()) }})
    {% endset %}
    {{ return(statements) }}
{% endmacro %}
