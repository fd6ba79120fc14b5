{#
    A build that dies half-way, or fails, must not look like a good one. `dim_build.build_state` says it:

    building     a build is under way, was killed, or found the disk full, and before it the state was `complete`
    incomplete   the last build failed after it had begun to replace core or marts, or never was there one of everything
    complete     core and marts are all of this build, or of it and of a selection that was built since

    Only a build of all models makes `complete` what was not. A selection that succeeds leaves the state as it found it: it
    cannot know whether what it left alone is of the same build. So does a run that touches neither core nor marts (a guard
    stopped it, or it had other models to build). While a build is under way `building` remembers that it found `complete`.

    A selection that means something else than what stands, by its vars, its code or its raw input, is `incomplete` from its begin,
    and nothing is built on it: of what it left alone and what it made nobody could tell which is which.
#}

{% macro begin_build() %}
    {% if not execute or flags.WHICH not in ('run', 'build', 'seed') %}
        {{ return('') }}
    {% elif not has_transactions() %}
        {{ return(begin_build_step_by_step()) }}
    {% elif flags.WHICH == 'seed' %}
        {{ return(at_once(create_journal())) }}
    {% endif %}
    {% do refuse_partial_full_refresh() %}
    {% do refuse_what_is_not_current() %}
    {% do refuse_what_is_gone() %}
    {% do refuse_to_empty_ledgers() %}
    {% do refuse_to_forget_what_has_vanished() %}
    {% do refuse_hours_spelt_otherwise() %}
    {% set statements = [create_journal(), journal_untold(), drop_changes(), begin_changes()] | select | list %}
    {% set statements = (statements + (remember_current(models_still_current()) if selected_models() else [])) | join('; ') %}
    {% if flags.FULL_REFRESH or flags.EMPTY or selected_models() and not all_that_is_kept_stands() %}
        {% set statements = statements ~ '; delete from ' ~ journal('builds') %}
    {% elif selected_models() %}
        {% set statements = statements ~ '; delete from ' ~ journal('builds') ~ ' where not ' ~ means_what_stands() %}
    {% endif %}
    {% if logs_made_anew() %}
        {% set statements = statements ~ '; delete from ' ~ journal('parts_read')
            ~ " where raw_table in ('" ~ logs_made_anew() | join("', '") ~ "')" %}
    {% endif %}
    {% set dim_build = dim_build_with_state() %}
    {% if dim_build %}
        {% set statements = statements ~ "; update " ~ dim_build
            ~ " set build_state = case when build_state = 'complete' and " ~ leaves_one_meaning() ~ " then 'building' else 'incomplete' end" %}
    {% endif %}
    {{ return(at_once(statements)) }}
{% endmacro %}


{% macro finish_build(results) %}
    {% set shortage = shortage_of(results) %}
    {% set refusal = refuse_with(shortage) if shortage else '' %}
    {# On a full disk nothing more can be written, and to fail at it here would end dbt without a word: it stays `building`. #}
    {% set is_full = 'The disk is full' in shortage %}
    {% if execute and flags.WHICH in ('run', 'build') and not is_full and selected_models() %}
        {% do in_order(remember_current(models_made_current(results))) %}
    {% endif %}
    {% set dim_build = none if is_full else dim_build_with_state() %}
    {% if not dim_build %}
        {{ return(refusal) }}
    {% endif %}
    {% set seen = namespace(touched=false, failed=false) %}
    {% for result in results if result.node.package_name == 'messaging_warehouse' %}
        {% if result.status in ('error', 'fail', 'skipped', 'runtime error') %}
            {% set seen.failed = true %}
        {% endif %}
        {% if result.node.resource_type == 'model' and result.node.schema == target.schema and result.status in ('success', 'error') %}
            {% set seen.touched = true %}
        {% endif %}
    {% endfor %}
    {% set state = "'incomplete'" if seen.touched and seen.failed else "'complete'" if seen.touched and is_whole_dag(results)
        else "case build_state when 'building' then 'complete' else build_state end" %}
    {% if not has_transactions() %}
        {{ return(finish_build_step_by_step(dim_build, state, is_whole_dag(results))) }}
    {% endif %}
    {% set statements = 'update ' ~ dim_build ~ ' set build_state = ' ~ state %}
    {% if is_whole_dag(results) %}
        {% set statements = statements ~ '; ' ~ close_journal() %}
    {% endif %}
    {% do at_once(statements) %}
    {% if redactions_to_leave_behind(results) %}
        {% do at_once(publish_whole()) %}
    {% endif %}
    {% set refusal = refusal or publish_serving_copy(results) %}
    {% set changes = drop_changes() %}
    {% if changes %}
        {% do at_once(changes) %}
    {% endif %}
    {# Whoever reads the copy waits for its next publication; a person who asked to be forgotten does not. #}
    {% set problem = rewrite_after_redactions(results) %}
    {{ return(refusal or problem) }}
{% endmacro %}


{# Whether all models of this project were built, with their rows: only such a build can be built on. Those of a project that has this
   one as a package come after them. #}
{% macro is_whole_dag(results) %}
    {{ return(not flags.EMPTY and are_built(models_of_project(), results)) }}
{% endmacro %}


{% macro are_built(models, results) %}
    {% set built = [] %}
    {% for result in results if result.status == 'success' %}
        {% do built.append(result.node.unique_id) %}
    {% endfor %}
    {{ return(models | reject('in', built) | list | length == 0) }}
{% endmacro %}


{# The models of this project that a command has selected, tests and seeds aside. #}
{% macro selected_models() %}
    {{ return(selected_resources | map('string') | select('in', models_of_project()) | list) }}
{% endmacro %}


{% macro models_of_project() %}
    {{ return(
        graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('package_name', 'equalto', 'messaging_warehouse')
        | map(attribute='unique_id') | list
    ) }}
{% endmacro %}


{# What the numbers of this command mean, as far as it is known before anything is built: `stg_messaging__definitions` knows the rest,
   but a selection may leave it out. #}
{% macro meaning() %}
    {{ return(local_md5(
        settings_with_meaning() | join(';') ~ ';unrecorded=' ~ var('unrecorded') ~ ';' ~ code_fingerprint() | trim ~ ';' ~ raw_source()
    )) }}
{% endmacro %}


{# Whether that is what the last completed build meant: a condition. #}
{% macro means_what_stands() %}
    {{ return('((select count(*) from ' ~ journal('meant') ~ ' where meaning = ' ~ raw_literal(meaning()) ~ ') > 0)') }}
{% endmacro %}


{# Whether all that stands will mean the same when this command has succeeded: a condition. Tables without their rows do not. #}
{% macro leaves_one_meaning() %}
    {% set selected = selected_models() %}
    {% if flags.EMPTY and selected %}
        {{ return('false') }}
    {% endif %}
    {% if not selected or is_everything(selected) %}
        {{ return('true') }}
    {% endif %}
    {{ return(means_what_stands()) }}
{% endmacro %}


{# Of a fact that was dropped and filled from a working set that holds only what was touched, the rest would be gone. The working set
   holds everything only where all that it is made of is made anew too, from the list of raw parts on. #}
{% macro refuse_partial_full_refresh() %}
    {% if not flags.FULL_REFRESH %}
        {{ return('') }}
    {% endif %}
    {% set selected = selected_models() %}
    {% for unique_id in selected %}
        {% set node = graph.nodes[unique_id] %}
        {% if
            node.config.materialized == 'incremental' and node.config.meta.get('unit') not in units_out_of_facts()
            and models_behind(node) | reject('in', selected) | list
        %}
            {% do exceptions.raise_compiler_error(
                "--full-refresh of " ~ node.name ~ " without all that it is made of would leave out what the last build did not touch: "
                ~ "run it without a selection, or select +" ~ node.name ~ "."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# A table that was dropped is like that, where the last build left no more than what it touched to fill it from. #}
{% macro refuse_what_is_gone() %}
    {% set selected = selected_models() %}
    {% set scope = standing('int_build_scope') %}
    {% if is_everything(selected) or not scope or not run_query('select bool_or(builds_on_the_last) from ' ~ scope).columns[0].values()[0] %}
        {{ return('') }}
    {% endif %}
    {% for name in tables_that_are_gone(selected) if models_behind(graph.nodes['model.messaging_warehouse.' ~ name]) | reject('in', selected) | list %}
        {% do exceptions.raise_compiler_error(
            name ~ " is gone, and the last build left no more to make it of than what it touched: run it without a selection, or select +"
            ~ name ~ "."
        ) %}
    {% endfor %}
{% endmacro %}


{# All models that a node is made of. #}
{% macro models_behind(node) %}
    {% set found = [] %}
    {% set waiting = [node] %}
    {% for each in waiting %}    {#- which grows meanwhile -#}
        {% for parent in each.depends_on.nodes if parent.startswith('model.') and parent not in found %}
            {% do found.append(parent) %}
            {% do waiting.append(graph.nodes[parent]) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# What `--full-refresh` makes anew of the raw rows that there are. Of all others the parts stay read: what they once held may be
   nowhere else. #}
{% macro logs_made_anew() %}
    {% set found = [] %}
    {% for name, keeper in keepers_of_parts().items() if flags.FULL_REFRESH %}
        {% if 'model.messaging_warehouse.' ~ keeper in selected_resources %}
            {% do found.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# `--empty` makes tables without a row, the ledgers too, and what they alone still have would be gone. #}
{% macro refuse_to_empty_ledgers() %}
    {% for name, keeper in keepers_of_parts().items() if flags.EMPTY and 'model.messaging_warehouse.' ~ keeper in selected_resources %}
        {% set stands = standing(keeper) %}
        {% if stands and run_query('select count(*) from (select 1 from ' ~ stands ~ ' limit 1)').columns[0].values()[0] %}
            {% do exceptions.raise_compiler_error(
                "--empty would leave " ~ keeper ~ " without what was read, of which the raw input may have nothing more: use another "
                ~ "warehouse for it, or a selection without " ~ keeper ~ "."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# dbt rolls its hooks' transaction back at the end of a run; the state must outlive it. #}
{% macro at_once(statements) %}
    {% call statement('at_once', auto_begin=true) %}{{ statements }}{% endcall %}
    {% do adapter.commit() %}
    {{ return('') }}
{% endmacro %}


{# Statements that are one step where the engine has such. #}
{% macro in_order(statements) %}
    {% if has_transactions() %}
        {{ return(at_once(statements | join('; '))) }}
    {% endif %}
    {% for each in statements %}
        {% do run_query(each) %}
    {% endfor %}
{% endmacro %}


{# What `dim_build` is written with: the state that it has, since a build under way has said there what it found. Asked before, and
   not by the model itself: not every engine replaces a table by what it reads of it. #}
{% macro state_under_way() %}
    {% set dim_build = dim_build_with_state() %}
    {% set rows = run_query('select build_state from ' ~ dim_build).rows if dim_build else [] %}
    {{ return("'building'" if rows and rows[0][0] == 'building' else "'incomplete'") }}
{% endmacro %}


{# `dim_build` where a build has left one, while dbt builds something; else null. #}
{% macro dim_build_with_state() %}
    {% if not execute or flags.WHICH not in ('run', 'build') %}
        {{ return(none) }}
    {% endif %}
    {% set relation = adapter.get_relation(database=target.database or none, schema=target.schema, identifier='dim_build') %}
    {% if relation and 'build_state' in adapter.get_columns_in_relation(relation) | map(attribute='name') %}
        {{ return(relation) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
