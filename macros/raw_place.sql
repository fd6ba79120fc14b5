{#
    Where the raw rows come from, told so that two builds agree on it, and what a build from elsewhere would forget. See
    docs/decisions/0046-what-is-read-anew.md.
#}

{# Where the raw rows come from, in one text: what was read elsewhere says nothing of what is here. #}
{% macro raw_source() %}
    {% if not execute %}
        {{ return('') }}
    {% endif %}
    {{ return(
        names_of_folder(raw_location())[0] ~ (' in ' ~ env_var('MESSAGING_ATTACH', '') if raw_place() == 'schema' else '')
        ~ (' as ' ~ source_adapter() if raw_mode() == 'adapter' else '')
    ) }}
{% endmacro %}


{# [absolute path, the same with all links followed] of a local folder; of any other place twice its name. Absolute, because another
   working directory has other folders. With its links, because one that is called the same and leads elsewhere now is
   meant to be the same place. #}
{% macro names_of_folder(location) %}
    {% if not is_local_folder(location) or not has_function('raw_folder_names') %}
        {{ return([location, location]) }}
    {% endif %}
    {{ return(fromjson(run_query('select raw_folder_names(' ~ raw_literal(location) ~ ')').columns[0].values()[0])) }}
{% endmacro %}


{% macro is_local_folder(location) %}
    {{ return(location != '' and '://' not in location and not location.startswith('schema:')) }}
{% endmacro %}


{# The same place however it is spelt: what `raw_source` tells, with all links followed. #}
{% macro resolved_source(source) %}
    {% set by = ' as ' ~ source_adapter() if raw_mode() == 'adapter' and source.endswith(' as ' ~ source_adapter()) else '' %}
    {{ return(names_of_folder(source.removesuffix(by))[1] ~ by) }}
{% endmacro %}


{# From where the parts of some logs were read that the journal knows. #}
{% macro raw_sources_known(names) %}
    {% if not execute or not load_relation(journal('parts_read')) %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        "select distinct raw_source from " ~ journal('parts_read') ~ " where raw_table in ('" ~ names | join("', '") ~ "') order by raw_source"
    ).columns[0].values() | list) }}
{% endmacro %}


{# How the journal spells the place that this build reads from: as it is called now, or as it was when its parts were read. #}
{% macro raw_sources_here() %}
    {% set here = [raw_source()] %}
    {% for source in raw_sources_known(keepers_of_parts().keys()) if source != here[0] %}
        {% if resolved_source(source) == resolved_source(here[0]) %}
            {% do here.append(source) %}
        {% endif %}
    {% endfor %}
    {{ return(here) }}
{% endmacro %}


{% macro raw_source_is_here() %}
    {% set literals = [] %}
    {% for source in raw_sources_here() %}
        {% do literals.append(raw_literal(source)) %}
    {% endfor %}
    {{ return('raw_source in (' ~ literals | join(', ') ~ ')') }}
{% endmacro %}


{# The logs whose parts this build compares with those that it finds, or reads; none that it makes anew. #}
{% macro logs_built_on() %}
    {% set found = [] %}
    {% for name, ledger in ledgers().items() if name not in logs_made_anew() and standing(ledger) %}
        {% if
            'model.messaging_warehouse.' ~ ledger in selected_resources
            or 'model.messaging_warehouse.stg_messaging__raw_parts' in selected_resources
        %}
            {% do found.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# A build from another place takes what is there for all that there is, and the ledgers alone may hold what was archived here. #}
{% macro refuse_to_forget_what_has_vanished() %}
    {% set logs = logs_built_on() %}
    {% set here = raw_sources_here() %}
    {% for source in raw_sources_known(logs) if logs and source not in here and not is_of_adapter_or_demo(source) %}
        {% set lost = {'parts': 0, 'deliveries': 0} %}
        {% for name in logs %}
            {% set parts = raw_parts_vanished_from(source, name) %}
            {% do lost.update({
                'parts': lost.parts + run_query(as_spelt("select count(*) from (" ~ parts ~ ") as vanished")).columns[0].values()[0] | int,
                'deliveries': lost.deliveries + run_query(as_spelt(
                    "select count(*) from " ~ standing(ledgers()[name]) ~ " where part in (" ~ parts ~ ")"
                )).columns[0].values()[0] | int,
            }) %}
        {% endfor %}
        {% if lost.deliveries %}
            {% do exceptions.raise_compiler_error(
                "MESSAGING_RAW: the warehouse holds " ~ lost.deliveries ~ (" delivery" if lost.deliveries == 1 else " deliveries") ~ " of "
                ~ lost.parts ~ (" part that is" if lost.parts == 1 else " parts that are") ~ " no longer in " ~ source ~ ", and a build from " ~ (here[0] or "the demo (MESSAGING_RAW is not set)") ~ " would forget them: build from "
                ~ source ~ ", or with --full-refresh if that is meant."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# Of what an adapter makes, and of the demo, nothing is kept that is gone. #}
{% macro is_of_adapter_or_demo(source) %}
    {% for adapter_name in source_adapters() if source.endswith(' as ' ~ adapter_name) %}
        {{ return(true) }}
    {% endfor %}
    {{ return(source == '') }}
{% endmacro %}


{# A select of the parts of a log that the ledger has and their place has not: where a folder can be looked into as it is now, else
   as the last build has found it. A file that was moved to where this build reads is there as it was. #}
{% macro raw_parts_vanished_from(source, name) %}
    {% set listed = standing('stg_messaging__raw_parts') %}
    {% set files = files_in(source ~ '/' ~ name) if is_local_folder(source) and has_function('raw_file_fingerprints') else none %}
    {% if files %}
        {% set is_gone = "part not in (" ~ files ~ ")" %}
    {% elif listed %}
        {% set is_gone = "part in (select part from " ~ listed ~ " where raw_table = " ~ raw_literal(name) ~ " and is_gone)" %}
    {% else %}
        {% set is_gone = "false" %}
    {% endif %}
    {% set is_here = " and not exists (select 1 from (" ~ raw_parts(name) ~ ") as here where here.part = parts_read.part "
        ~ "and here.fingerprint = parts_read.fingerprint)" if raw_mode() == 'files' else '' %}
    {{ return(
        "select part from " ~ journal('parts_read') ~ " as parts_read where raw_table = " ~ raw_literal(name) ~ " and raw_source = "
        ~ raw_literal(source) ~ " and " ~ is_gone ~ is_here
    ) }}
{% endmacro %}
