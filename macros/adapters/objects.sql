{#
    The objects of a platform, as an adapter reads them.

    MESSAGING_RAW=<folder or bucket>  <folder>/<Object>/*.parquet, else *.csv
    MESSAGING_RAW=schema:<schema>     tables named like the objects
                                      (MessagingSession in any letter case, or messaging_session as connectors write it)
    MESSAGING_RAW unset               the folder examples/<source> of the project

    Objects and fields have the platform's API names; a column here is the field in the project's spelling: `end_time` is
    EndTime, endtime or end_time. A field that is not there is null and an object that is not there is empty: what an
    organisation exports is its own affair.
#}

{# The select of a base view: the fields that its YAML types, each as text with '' read as null, but for typed times. #}
{% macro raw_object(name) %}
    {% if not execute %}
        {{ return('select 1') }}
    {% endif %}
    {% set relation = raw_object_relation(name) %}
    {% set types = raw_column_types(relation) if relation else {} %}
    {% set fields = fields_by_name(types) %}
    select
    {% for column in contract_columns(model) %}
        {% set texts = [] %}
        {% for field in fields.get(column.name | replace('_', ''), [none]) %}
            {% set text = raw_column('"' ~ field ~ '"', column.data_type, types.get(field)) %}
            {% set is_id = field and (column.name == 'id' or column.name.endswith('_id')) %}
            {% do texts.append(record_id(text) if is_id else text) %}
        {% endfor %}
        {{ texts[0] if texts | length == 1 else 'coalesce(' ~ texts | join(', ') ~ ')' }} as "{{ column.name }}"{{ ',' if not loop.last }}
    {% endfor %}
    {% if relation %}
    from {{ relation }}
    {% else %}
    where false
    {% endif %}
{% endmacro %}


{# An id of a record in the one spelling that everything is joined by: the adapter's macro `<source>__record_id`, if it has
   one. What the business says of its records (redactions, policies) is read the same way. #}
{% macro record_id(text) %}
    {% set spelt = context.get(source_adapter() ~ '__record_id') if has_adapter() else none %}
    {{ return(spelt(text) if spelt else text) }}
{% endmacro %}


{# The columns of configuration that are ids of records. #}
{% macro record_id_columns() %}
    {{ return(['messaging_user_id', 'channel_id', 'team_id', 'conversation_id'] if has_adapter() else []) }}
{% endmacro %}


{# {name without underscores: the columns that have it}: EndTime, or end_time as connectors write it; both, where files differ. #}
{% macro fields_by_name(types) %}
    {% set fields = {} %}
    {% for field in types %}
        {% do fields.setdefault(field | replace('_', ''), []).append(field) %}
    {% endfor %}
    {{ return(fields) }}
{% endmacro %}


{# A condition, where an object has the fields that what it lets pass is made of; else false. What a whole export leaves out is
   not told, and no event lacks it; a record that leaves it out is rejected, and says why. #}
{% macro where_there_are(object, fields, condition) %}
    {% if not execute %}
        {{ return(condition) }}
    {% endif %}
    {{ return(condition if fields | reject('in', object_fields(object)) | list | length == 0 else 'false') }}
{% endmacro %}


{# {name without underscores: the columns that have it} of an object; of one that is not there, nothing. #}
{% macro object_fields(object) %}
    {% set relation = raw_object_relation(object) %}
    {{ return(fields_by_name(raw_column_types(relation)) if relation else {}) }}
{% endmacro %}


{# One sentence for each field without which nothing could be told: the YAML of base models says of a column what would be lost
   (meta.needed), and which other would do (meta.instead). #}
{% macro object_problems() %}
    {% set problems = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('raw_object') %}
        {% for column in node.columns.values() | selectattr('config.meta.needed', 'defined') %}
            {% set there = object_fields(node.config.meta.raw_object) %}
            {% if there and is_not_there(column, there) %}
                {% set called = [] %}
                {% for name in [column.name] + column.config.meta.get('instead', []) %}
                    {% do called.append(api_name(name)) %}
                {% endfor %}
                {% do problems.append(
                    node.config.meta.raw_object ~ ': there is no ' ~ called | join(' and no ') ~ ': ' ~ column.config.meta.needed
                    ~ '; export it.'
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{# Whether neither a field nor one that would do instead is among those that are there. #}
{% macro is_not_there(column, there) %}
    {% set names = [column.name] + column.config.meta.get('instead', []) %}
    {{ return(names | map('replace', '_', '') | select('in', there) | list | length == 0) }}
{% endmacro %}


{# A field under its API name: end_time is EndTime. #}
{% macro api_name(column) %}
    {{ return(column | replace('_', ' ') | title | replace(' ', '')) }}
{% endmacro %}


{# {what is not recorded: the objects and fields that would tell it and are not there}: the YAML of base models says of a
   column what it tells (meta.tells). #}
{% macro untold_by_objects() %}
    {% set untold = {} %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('raw_object') %}
        {% set telling = node.columns.values() | selectattr('config.meta.tells', 'defined') | list %}
        {% set there = object_fields(node.config.meta.raw_object) if telling else {} %}
        {% for column in telling if is_not_there(column, there) %}
            {% for what in column.config.meta.tells %}
                {% set field = '.' ~ api_name(column.name) if there else '' %}
                {% do untold.setdefault(what, {}).update({node.config.meta.raw_object ~ field: true}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% set implied = recordable().items() | selectattr(0, 'in', untold) | map(attribute=1) | sum(start=[]) %}
    {{ return(dict(untold.items() | rejectattr(0, 'in', implied))) }}
{% endmacro %}


{# What an adapter does not record: what no object of the platform has, and what those that are there do not tell. The
   journal knows it of the last build, whose tables tests are about; without one the objects are looked at. #}
{% macro unrecorded_by_adapter() %}
    {% if not has_adapter() %}
        {{ return([]) }}
    {% endif %}
    {% set found = {
        'service_cloud': [
            'focus', 'resolutions', 'csat', 'topics', 'queues', 'memberships', 'proactive', 'receipt', 'receipt_times'
        ]
    }.get(source_adapter(), []) %}
    {% if not execute %}
        {{ return(found) }}
    {% elif 'untold' in tables_of_schema('journal') %}
        {{ return(found + run_query('select what from ' ~ journal('untold')).columns[0].values() | list) }}
    {% endif %}
    {{ return(found + untold_by_objects().keys() | list) }}
{% endmacro %}


{# The figures of which ours is made of the platform's own field: that they agree says that it came through, and no more. #}
{% macro figures_of_one_source() %}
    {{ return({'service_cloud': ['ended_by_type', 'after_work_seconds']}.get(source_adapter(), []) if has_adapter() else []) }}
{% endmacro %}


{# The statements that note in the journal what objects do not tell, with a line of the build's output for each. #}
{% macro journal_untold() %}
    {% set statements = ['delete from ' ~ journal('untold')] %}
    {% do tell_of_empty_objects() if has_adapter() %}
    {% for what, missing in (untold_by_objects() if has_adapter() else {}).items() %}
        {% do statements.append('insert into ' ~ journal('untold') ~ " values ('" ~ what ~ "')") %}
        {% do log(
            missing | join(' and ') ~ ': not there; ' ~ what ~ ' counts as unrecorded, and what is made of it is null, and not 0.',
            info=true
        ) if var('unrecorded') is none %}
    {% endfor %}
    {% do tell_of_what_else_is_lost() if has_adapter() %}
    {{ return(statements | join('; ')) }}
{% endmacro %}


{# A line of the build's output for each field that is not there and changes what figures mean, without making them unknown:
   the YAML of base models says what becomes of it (meta.without). #}
{% macro tell_of_what_else_is_lost() %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('raw_object') %}
        {% for column in node.columns.values() | selectattr('config.meta.without', 'defined') %}
            {% set there = object_fields(node.config.meta.raw_object) %}
            {% do log(
                node.config.meta.raw_object ~ ('.' ~ api_name(column.name) if there else '') ~ ': not there; '
                ~ column.config.meta.without ~ '.', info=true
            ) if is_not_there(column, there) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{# A line of the build's output for each object that has fields and no record: it says that there was none, as an honest export
   does. Of one that is not exported it would be a wrong 0; the doctor says the same. #}
{% macro tell_of_empty_objects() %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('raw_object') %}
        {% set name = node.config.meta.raw_object %}
        {% set relation = raw_object_relation(name) %}
        {% if relation and not run_query('select 1 from ' ~ relation ~ ' limit 1').rows %}
            {% set tells = node.columns.values() | selectattr('config.meta.tells', 'defined') | list %}
            {% do log(
                name ~ ': has fields and no record' ~ (
                    ': there is nothing to report on.' if name == source_adapters()[source_adapter()]
                    else ', which counts as none: figures say 0; leave it away if it is not exported, and they say null.' if tells
                    else ', which counts as none.'
                ),
                info=true
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The from-expression of an object, or null where there is none. #}
{% macro raw_object_relation(name) %}
    {% if raw_place() == 'schema' %}
        {% set spelt = object_spellings(name) | select('in', raw_schema_tables()) | list %}
        {{ return(raw_relation(spelt[0]) if spelt else none) }}
    {% endif %}
    {% for extension in ['parquet', 'csv'] %}
        {% set patterns = [] %}
        {% for spelling in object_spellings(name) %}
            {% do patterns.append(
                "select file from glob(" ~ raw_path(raw_location() ~ '/')[:-1] ~ in_any_letter_case(spelling) ~ "/*." ~ extension ~ "')"
            ) %}
        {% endfor %}
        {% set files = run_query(patterns | join(' union all ') ~ ' order by file').columns[0].values() | list %}
        {% set folders = [] %}
        {% for file in files %}
            {% do folders.append(file.replace('\\', '/').split('/')[-2]) %}
        {% endfor %}
        {% if folders | map('lower') | unique | list | length > 1 %}      {#- of a bucket, which nobody has looked into -#}
            {% do exceptions.raise_compiler_error(
                folders | unique | join('/ and ') ~ "/ are one object, " ~ name ~ "; keep one of them."
            ) %}
        {% endif %}
        {% if files %}
            {{ return(raw_relation(name, files)) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{# The names, in small letters, that a table or an object may go by: that of the API, and the one that connectors make of it.
   Which of two counts nobody says: where both are there a build is refused. #}
{% macro object_spellings(name) %}
    {{ return([name | lower, modules.re.sub('(?<=[a-z])(?=[A-Z])', '_', name) | lower] | unique | list) }}
{% endmacro %}


{# A pattern of file names: `Ab` is [Aa][Bb]. #}
{% macro in_any_letter_case(name) %}
    {% set letters = [] %}
    {% for letter in name %}
        {% do letters.append('[' ~ letter | upper ~ letter | lower ~ ']') %}
    {% endfor %}
    {{ return(letters | join('')) }}
{% endmacro %}


{# The records of an object as they are now, a select: of several versions of an id (snapshots, extracts of what changed)
   the latest by SystemModstamp, else by LastModifiedDate, at the same moment the larger, field by field; not those that were deleted since. A record
   without an id cannot be told from another and stays, for what is made of it to be rejected. #}
{% macro current_records(base, object) %}
    select * from (
        select * from {{ ref(base) }}
        anti join ({{ ids_given_twice(base) }}) using (id)
        union all
        select * exclude (version_number) from (
            select
                versions.*,
                row_number() over (
                    partition by versions.id
                    order by
                        coalesce(
                            {{ platform_time('versions.system_modstamp', object) }},
                            {{ platform_time('versions.last_modified_date', object) }}
                        ) desc nulls last,
                        {{ row_of(fields_of(base) | map('tojson') | list) }} desc
                ) as version_number
            from {{ ref(base) }} as versions
            semi join ({{ ids_given_twice(base) }}) using (id)
        )
        where version_number = 1
    )
    where not {{ configured_boolean('is_deleted', object, default=false) }}
{% endmacro %}


{% macro fields_of(base) %}
    {% set node = graph.nodes['model.messaging_warehouse.' ~ base] if execute else none %}
    {{ return(contract_columns(node) | map(attribute='name') | list if node else ['id']) }}
{% endmacro %}


{% macro ids_given_twice(base) -%}
    select id from {{ ref(base) }} where id is not null group by id having count(*) > 1
{%- endmacro %}


{# A time out of an object's field: ISO-8601 as exports write it, also with an offset without a colon, or milliseconds since
   1970, as some interfaces do. What cannot be read is a broken export (a report's local times, say) and stops the build. #}
{% macro platform_time(column, object) -%}
    {%- set milliseconds -%}
        case
            when {{ text_matches('cast(' ~ column ~ ' as varchar)', '[0-9]{12,13}') }}
                then {{ timestamp_from_milliseconds('try_cast(cast(' ~ column ~ ' as varchar) as bigint)') }}
        end
    {%- endset -%}
    {{ configured(
        column, 'coalesce(' ~ utc_timestamp(column) ~ ', ' ~ milliseconds ~ ')', object,
        'write it like 2026-03-15T18:00:00.000Z'
    ) }}
{%- endmacro %}


{# Whole numbers and decimals of an object's field. #}
{% macro platform_number(column, object) -%}
    {{ configured(column, 'try_cast(' ~ column ~ ' as decimal(18, 3))', object, 'write a number') }}
{%- endmacro %}


{# The select of one kind of event: a row for each of the records that meet the condition, in the columns of the raw
   contract. Objects hold no record of delivery: an event counts as received when it happened, unless the platform says. Of
   `what` there may be none, where the record's id says it. #}
{% macro event_out_of(
    records, record_id, what, event_type, occurred_at, actor_type, actor_id='cast(null as varchar)', payload={},
    received_at='cast(null as timestamp)', condition=none
) -%}
    select
        {{ record_id ~ (" || ':" ~ what ~ "'" if what) }} as event_id,
        '{{ event_type }}' as event_type,
        {{ occurred_at }} as occurred_at,
        greatest({{ occurred_at }}, {{ received_at }}) as received_at,
        conversation_id,
        channel_id,
        messaging_user_id,
        {{ actor_type }} as actor_type,
        {{ actor_id }} as actor_id,
        {{ json_object_of(payload) if payload else 'cast(null as varchar)' }} as payload
    from {{ records }}
    where {{ condition or occurred_at ~ ' is not null' }}
{%- endmacro %}


{# Who acted, where the platform does not say who it was: agents and bots have an id. #}
{% macro id_or_unknown(id) -%}
    coalesce({{ id }}, {{ inferred_name() }})
{%- endmacro %}
