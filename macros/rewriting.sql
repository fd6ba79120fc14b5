{#
    A text that no table holds any more is still in the file: the engine keeps the bytes of what was deleted, and blocks
    that it frees are not wiped. So the first whole build after redactions have changed what is stored writes the file
    anew: `messaging_warehouse.rewriting` copies it, and the copy takes its place when dbt has closed it.

    `journal.rewritten` holds the fingerprint of the redactions that a file has left behind. It is made in the copy, so a
    build that dies on the way leaves the old fingerprint, and the next build copies again. Without redactions there is none:
    what is asked for after it was taken back has to be left behind again.

    Models of a project that has this one as a package may have copied the text. So the file is written anew when they were made, too.
#}
{% macro rewrite_after_redactions(results) %}
    {% set redactions = redactions_to_leave_behind(results) %}
    {% if not redactions %}
        {% if execute and is_whole_dag(results) and redactions_left_behind() and not redaction_fingerprint() %}
            {% do at_once('drop table ' ~ journal('rewritten')) %}
        {% endif %}
        {{ return('') }}
    {% endif %}
    {% do tell_of_unknown_persons() %}
    {% set stored = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | rejectattr('config.materialized', 'equalto', 'ephemeral') %}
    {% if not are_built(stored | map(attribute='unique_id'), results) %}
        {% do log("redactions: the file is written anew by a build of all models, those of your own project too.", info=true) %}
        {% do at_once('drop table if exists ' ~ journal('rewritten')) %}
        {{ return('') }}
    {% endif %}
    {% if not has_function('rewrite_file') %}
        {{ return(refuse_with(
            "redactions: the tables are without the redacted text, but their file may not be: give the profile the plugin "
            ~ "messaging_warehouse.dbt_plugin, and build again."
        )) }}
    {% endif %}
    {% set problem = run_query("select rewrite_file('" ~ redactions ~ "')").columns[0].values()[0] %}
    {% if problem %}
        {{ return(refuse_with(problem)) }}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{# Somebody may ask before anything is known of them, so this is no error; but a mistyped address forgets nobody. #}
{% macro tell_of_unknown_persons() %}
    {% set counts = run_query(
        "select count(*) filter (where not is_known), count(*) from (select bool_or(users.messaging_user_id is not null) as is_known from "
        ~ ref_by_name('stg_messaging__redacted_addresses') ~ " as addresses left join " ~ ref_by_name('dim_messaging_users')
        ~ " as users on addresses.pseudonym = users.messaging_user_id group by addresses.contact_pseudonym)"
    ).rows[0] %}
    {% if counts[0] %}
        {% do log(
            "redactions: " ~ counts[0] ~ " of " ~ counts[1] ~ " persons to be forgotten are named by no delivery and no reference "
            ~ "table; see whether their messaging_user_id is written as the platform writes it.", info=true
        ) %}
    {% endif %}
{% endmacro %}


{# The fingerprint of the redactions that are new to the file; null without any, and until every model has been built. A
   failed test stops no redaction. #}
{% macro redactions_to_leave_behind(results) %}
    {% if not execute or flags.WHICH not in ('run', 'build') or not is_whole_dag(results) %}
        {{ return(none) }}
    {% endif %}
    {% set redactions = redaction_fingerprint() %}
    {{ return(none if redactions == redactions_left_behind() and was_built_on_the_last() else redactions) }}
{% endmacro %}


{# A build that makes everything anew may follow one that died without the request, or with another of the same moment: what
   that one wrote may be in the file, and no fingerprint tells. #}
{% macro was_built_on_the_last() %}
    {{ return(run_query('select builds_on_the_last from ' ~ ref_by_name('int_build_scope')).columns[0].values()[0]) }}
{% endmacro %}


{# What redactions have changed, as one hash without a name in it: when each was requested, the pseudonyms, and the
   conversations that they stand in, in deliveries after the as_of too. Null without redactions. #}
{% macro redaction_fingerprint() %}
    {% set redactions = ref_by_name('stg_messaging__redactions') %}
    {% if not run_query('select 1 from ' ~ redactions ~ ' limit 1').rows %}
        {{ return(none) }}
    {% endif %}
    {% set lines %}
        select cast(requested_at as varchar) as line from {{ redactions }}
        union all
        select distinct concat_ws('|', messaging_user_id, actor_id, conversation_id) as line
        from {{ ref_by_name('stg_messaging__conversation_event_ledger') }}
        where messaging_user_id like '(redacted %' or actor_id like '(redacted %'
        union all
        select messaging_user_id as line from {{ ref_by_name('dim_messaging_users') }} where messaging_user_id like '(redacted %'
    {% endset %}
    {{ return(run_query(
        "select md5(string_agg(line, chr(10) order by line)) from (" ~ lines ~ ")"
    ).columns[0].values()[0]) }}
{% endmacro %}


{# Hooks have no ref(). #}
{% macro ref_by_name(name) %}
    {% set node = graph.nodes['model.messaging_warehouse.' ~ name] %}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}


{% macro redactions_left_behind() %}
    {% set rewritten = adapter.get_relation(database=target.database or none, schema='journal', identifier='rewritten') %}
    {{ return(run_query('select redactions from ' ~ rewritten).columns[0].values()[0] if rewritten else none) }}
{% endmacro %}
