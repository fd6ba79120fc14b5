{#
    How the logs are read: by parts, each of which is read once. See docs/decisions/0046-what-is-read-anew.md.

    A part is a file; of a table it is an hour of `received_at`, as it was delivered. Its fingerprint changes with what it
    holds: of a file the size and the time of the last change, of an hour the number of rows and the sum of their hashed ids.
    An adapter's log is a table whose rows are made anew of records that change in place: there whole rows are hashed, and
    what is gone is gone.
    `journal.parts_read` remembers what the ledgers hold. A part with another fingerprint is read again, whole; one that is
    gone from the raw location is read out of the ledger, where a build has to read it.

    Contacts are the one reference table that grows with the log. They are listed by parts too, but what they are is what all
    parts together say: where one has come, gone or changed all are read, else none.
#}

{# The raw tables that are read by parts. #}
{% macro raw_logs() %}
    {{ return(['raw_conversation_events', 'raw_presence_events']) }}
{% endmacro %}


{# The reference table of contacts: read whole, or not at all. #}
{% macro raw_contacts() %}
    {{ return('raw_messaging_users') }}
{% endmacro %}


{# Whether all contacts are read: a select of one row if so, and of none if not, so that the engine reads none. #}
{% macro contacts_are_read_anew() -%}
    exists (
        select 1 from {{ standing('stg_messaging__raw_parts') }} as parts
        where parts.raw_table = {{ raw_literal(raw_contacts()) }} and parts.is_to_be_read
    )
{%- endmacro %}


{# The select that lists the parts of a table as they are now. What is in a file is not looked at. #}
{% macro raw_parts(name) %}
    {% set seed = ref(name) if raw_mode() == 'demo' else none %}
    {% set adapted = ref(adapter_model(name)) if adapter_model(name) else none %}
    {% if not execute %}
        {{ return('select 1') }}
    {% elif raw_mode() == 'files' %}
        {% set source, part, fingerprint = raw_files_as_they_are(name) %}
    {% else %}
        {% set source = seed or adapted or raw_relation(name) %}
        {% set part = "''" if name == raw_contacts() else raw_hour({} if seed else raw_column_types(source)) if source %}
        {% set fingerprint = "count(*) || '/' || sum(" ~ hash_of(raw_identity(name)) ~ ")" %}
    {% endif %}
    {% if source %}
        {{ return("select " ~ raw_literal(name) ~ " as raw_table, " ~ part ~ " as part, " ~ fingerprint
            ~ " as fingerprint from " ~ source ~ " group by all having count(*) > 0") }}
    {% endif %}
    {{ return("select cast(null as varchar) as raw_table, cast(null as varchar) as part, cast(null as varchar) as fingerprint where false") }}
{% endmacro %}


{# By what rows are told apart: a log only grows, and its ids say so. The demo may be edited anywhere, and is small; what an
   adapter makes of a record changes with the record; and so does a contact. #}
{% macro raw_identity(name) %}
    {{ return(raw_contract()[name] if raw_mode() in ('demo', 'adapter') or name == raw_contacts() else ['event_id']) }}
{% endmacro %}


{# The hour of received_at as it was delivered, a text like 2026-03-02T10; '' where there is none. #}
{% macro raw_hour(types) %}
    {% if is_received_at_typed(types) %}
        {{ return("coalesce(cast(date_trunc('hour', cast(received_at as timestamp)) as varchar), '')") }}
    {% endif %}
    {{ return("coalesce(left(cast(received_at as varchar), 13), '')") }}
{% endmacro %}


{% macro is_received_at_typed(types) %}
    {{ return(types.get('received_at', 'VARCHAR').startswith('TIMESTAMP')) }}
{% endmacro %}


{# An hour of a timestamp is spelt to the second, one of a text is never so long. Where the type of the column has changed all hours
   that were read would be gone, and kept, and all that are there new: each delivery would count twice. #}
{% macro refuse_hours_spelt_otherwise() %}
    {% for name in logs_built_on() if raw_mode() == 'schema' %}
        {% set table = raw_relation(name) %}
        {% set is_typed = is_received_at_typed(raw_column_types(table)) if table else none %}
        {% set read = run_query(
            "select part from " ~ journal('parts_read') ~ " where raw_table = " ~ raw_literal(name) ~ " and " ~ raw_source_is_here()
            ~ " and length(part) " ~ ("<= 13" if is_typed else "> 13") ~ " and part not in ('', 'infinity', '-infinity') order by part limit 1"
        ).rows if table else [] %}
        {% if read %}
            {% do exceptions.raise_compiler_error(
                name ~ ": the hours that were read of this table are spelt like '" ~ read[0][0] ~ "', those in it now "
                ~ ("as timestamps" if is_typed else "as texts") ~ ", because the type of received_at has changed, and what was read "
                ~ "would count twice: give the column back its type, or build with --full-refresh, which reads the table anew and "
                ~ "forgets what is not in it."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The select of a log's base view: the rows of the parts that this build has to read, all of them in a whole build. #}
{% macro raw_log(name) %}
    {% set seed = ref(name) if raw_mode() == 'demo' else none %}
    {% set adapted = ref(adapter_model(name)) if adapter_model(name) else none %}
    {% do waits_for('stg_messaging__raw_parts') %}
    {% if not execute %}
        {{ return('select 1') }}
    {% endif %}
    {% set parts = raw_parts_to_read(name) %}
    {% if raw_mode() == 'files' %}
        {% set files = [] %}
        {% for part in parts %}
            {% do files.append(raw_location() ~ '/' ~ name ~ '/' ~ part) %}
        {% endfor %}
        {% set relation = raw_relation(name, files) %}
    {% else %}
        {% set relation = (seed or adapted or raw_relation(name)) if parts or not builds_on_the_last() %}
    {% endif %}
    {% if not relation %}
        {{ return(raw_select(none, none, 'cast(null as varchar)') ~ kept_deliveries(name)) }}
    {% endif %}
    {% set types = {} if seed else raw_column_types(relation) %}
    {% set part = file_of_row() if raw_mode() == 'files' else raw_hour(types) %}
    {% set kept = kept_deliveries(name) %}
    {% set rows = raw_select(types, relation, part, is_text=kept != '') %}
    {% if raw_mode() != 'files' and builds_on_the_last() %}
        {% set rows = rows ~ " where " ~ raw_is_among(types, part, parts) %}
    {% endif %}
    {{ return(rows ~ kept) }}
{% endmacro %}


{# The deliveries of what is gone, as they came in, to be read with the rest. #}
{% macro kept_deliveries(name) %}
    {% set ledger = standing(ledgers()[name]) %}
    {% if not ledger or raw_mode() == 'adapter' or not raw_parts_to_read(name, are_gone=true) %}
        {{ return('') }}
    {% endif %}
    {% set columns = [] %}
    {% for column in contract_columns(model) %}
        {% do columns.append(raw_text_of(column.name) if column.data_type == 'timestamp' else column.name) %}
    {% endfor %}
    {{ return(" union all select " ~ columns | join(', ') ~ ", part from " ~ ledger ~ " where " ~ is_of_parts_to_read(name, are_gone=true)) }}
{% endmacro %}


{# The rows of some parts of a log as they are, a from-expression; null where there are no parts. #}
{% macro raw_rows_of(name, parts) %}
    {% if not parts %}
        {{ return(none) }}
    {% elif raw_mode() == 'files' %}
        {% set files = [] %}
        {% for part in parts %}
            {% do files.append(raw_location() ~ '/' ~ name ~ '/' ~ part) %}
        {% endfor %}
        {{ return(raw_relation(name, files)) }}
    {% endif %}
    {% set adapted = ref_by_name(adapter_model(name)) if adapter_model(name) else none %}
    {% set relation = adapted or (ref(name) if raw_mode() == 'demo' else raw_relation(name)) %}
    {% set types = raw_column_types(relation) %}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ raw_is_among(types, raw_hour(types), parts) ~ ')') }}
{% endmacro %}


{# Whether a row of a table is of one of the parts. The bound is for the engine, which skips what lies before it without
   reading the rest of the row; what has no time lies nowhere. #}
{% macro raw_is_among(types, part, parts) %}
    {% set literals = [] %}
    {% for text in parts %}
        {% do literals.append(raw_literal(text)) %}
    {% endfor %}
    {% set condition = part ~ " in (" ~ literals | join(', ') ~ ")" %}
    {% set first = first_part(types, parts) %}
    {{ return("received_at >= " ~ raw_literal(first) ~ " and " ~ condition if first else condition) }}
{% endmacro %}


{# The part that no other one lies before, if that is known; '' or null if not. The order of parts is that of their texts. Of times it
   is the same from the year 0 to 9999: later ones, and infinity, are after all of these, but before Christ and since ever nothing
   is told. #}
{% macro first_part(types, parts) %}
    {% if types.get('received_at', 'VARCHAR').startswith(('VARCHAR', 'STRING', 'CHAR')) %}
        {{ return(parts[0]) }}
    {% endif %}
    {% set usual = [] %}
    {% for text in parts %}
        {% if text == '' or text.startswith('-') or '(BC)' in text %}
            {{ return(none) }}
        {% elif text[4:5] == '-' %}
            {% do usual.append(text) %}
        {% endif %}
    {% endfor %}
    {{ return(usual | first if usual else none) }}
{% endmacro %}


{# The parts of a log that this build reads, in order: those that are there, or those that the ledger alone still has. Where no
   build has listed them yet there is nothing to be read. #}
{% macro raw_parts_to_read(name, are_gone=false) %}
    {% set parts = standing('stg_messaging__raw_parts') %}
    {% if not parts %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        "select part from " ~ parts ~ " where raw_table = " ~ raw_literal(name) ~ " and is_to_be_read and is_gone = " ~ are_gone ~ " order by part"
    ).columns[0].values() | list) }}
{% endmacro %}


{# Whether a row of a ledger is of a part that this build reads. By a join, because the engine skips what cannot be in it. #}
{% macro is_of_parts_to_read(name, are_gone=none) %}
    {% if not raw_parts_to_read(name) and not raw_parts_to_read(name, are_gone=true) %}
        {{ return('false') }}
    {% endif %}
    {{ return(
        "part in (select part from " ~ standing('stg_messaging__raw_parts') ~ " where raw_table = " ~ raw_literal(name) ~ " and is_to_be_read"
        ~ (" and is_gone = " ~ are_gone if are_gone is not none) ~ ")"
    ) }}
{% endmacro %}


{# {log: [file, …]}: what an earlier build has looked at and read, and is as it was. #}
{% macro raw_files_known() %}
    {% set known = {} %}
    {% if raw_mode() != 'adapter' and not flags.FULL_REFRESH and load_relation(journal('parts_read')) %}
        {% for name in raw_logs() %}
            {% do known.update({name: run_query(
                as_spelt("select part from (" ~ raw_parts(name) ~ ") semi join " ~ journal('parts_read') ~ " using (raw_table, part, fingerprint)")
            ).columns[0].values() | list}) %}
        {% endfor %}
    {% endif %}
    {{ return(known) }}
{% endmacro %}


{# {log: what keeps its deliveries} #}
{% macro ledgers() %}
    {{ return({
        'raw_conversation_events': 'stg_messaging__conversation_event_ledger',
        'raw_presence_events': 'stg_messaging__presence_event_ledger',
    }) }}
{% endmacro %}


{# The same, and what keeps the contacts. #}
{% macro keepers_of_parts() %}
    {{ return(dict(ledgers(), **{raw_contacts(): 'stg_messaging__messaging_users'})) }}
{% endmacro %}


{# Which parts that are gone from the raw location are told of. None of the demo's logs, which may be edited anywhere. #}
{% macro what_is_gone_is_told() %}
    {{ return(
        raw_source_is_here()
        ~ (' and raw_table = ' ~ raw_literal(raw_contacts()) if raw_mode() == 'demo')
    ) }}
{% endmacro %}


{# The fingerprint of a part that is gone: the one that it had, for the ledger keeps it as it was. Of an adapter's log
   nothing is kept, since a record that was withdrawn is no longer true, and neither is a contact: without a fingerprint the part
   is another, and empty. #}
{% macro fingerprint_of_what_is_gone() %}
    {{ return(
        'case when parts_read.raw_table != ' ~ raw_literal(raw_contacts()) ~ ' then parts_read.fingerprint end'
        if raw_mode() != 'adapter' else 'cast(null as varchar)'
    ) }}
{% endmacro %}
