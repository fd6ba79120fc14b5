{#
    A selection makes some models and leaves others. What it makes is right where all that it is made of was made after it had been
    decided what this build reads and touches, or is made with it: a view that still reads the files of the build before would have
    the ledger take its rows for those of the new files, and a fact its working set for what is touched now; and a dimension that is
    made of other raw rows than those who compare it with the last build's would have the next build find nothing changed.

    `journal.current_models` holds the models of which that is true. Where one that decides is made, those behind it are no longer, until
    they are made too; and an incremental model, which keeps what it did once, is not made of any that is not.
#}

{# What is stored in staging: which parts there are and what they hold, the reference tables, the configuration and what it means.
   And the moment of which the build speaks. #}
{% macro models_that_decide() %}
    {% set found = ['model.messaging_warehouse.int_build_scope'] %}
    {% for unique_id in models_of_project() %}
        {% set node = graph.nodes[unique_id] %}
        {% if 'staging' in node.fqn and node.config.materialized != 'view' %}
            {% do found.append(unique_id) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# The models that are current when a command begins, and were not selected by it. #}
{% macro models_still_current() %}
    {% set selected = selected_models() %}
    {% if is_everything(selected) or not load_relation(journal('current_models')) %}
        {{ return([]) }}
    {% endif %}
    {% set anew = selected + models_made_of_those_that_decide(selected) %}
    {% set current = run_query('select model from ' ~ journal('current_models')).columns[0].values() %}
    {{ return(current | select('in', models_of_project()) | reject('in', anew) | list) }}
{% endmacro %}


{# All models behind those of the selected ones that decide. #}
{% macro models_made_of_those_that_decide(selected) %}
    {% set children = {} %}
    {% for unique_id in models_of_project() %}
        {% for parent in graph.nodes[unique_id].depends_on.nodes %}
            {% do children.setdefault(parent, []).append(unique_id) %}
        {% endfor %}
    {% endfor %}
    {% set found = models_that_decide() | select('in', selected) | list %}
    {% for each in found %}    {#- which grows meanwhile -#}
        {% for child in children.get(each, []) if child not in found %}
            {% do found.append(child) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{% macro is_everything(selected) %}
    {{ return(models_of_project() | reject('in', selected) | list | length == 0) }}
{% endmacro %}


{# Before anything is written. #}
{% macro refuse_what_is_not_current() %}
    {% set selected = selected_models() %}
    {% if is_everything(selected) %}
        {{ return('') }}
    {% endif %}
    {% set at_hand = selected + models_still_current() %}
    {% for unique_id in selected if graph.nodes[unique_id].config.materialized == 'incremental' %}
        {% set node = graph.nodes[unique_id] %}
        {% set missing = models_behind(node) | reject('in', at_hand) | sort %}
        {% if missing %}
            {% do exceptions.raise_compiler_error(
                node.name ~ " would be made of " ~ graph.nodes[missing[0]].name ~ " as an earlier build left it, and what came since "
                ~ "would be lost: run it without a selection, or select +" ~ node.name ~ "."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# What is current when a command has ended: what was, and what it made of nothing else. Results are in the order in which models
   were made, each after those it is made of. #}
{% macro models_made_current(results) %}
    {% set found = models_still_current() %}
    {% set ours = models_of_project() %}
    {% for result in results if result.status == 'success' and result.node.unique_id in ours %}
        {% set parents = result.node.depends_on.nodes | select('in', ours) %}
        {% if parents | reject('in', found) | list | length == 0 %}
            {% do found.append(result.node.unique_id) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# Statements, because not every engine deletes what it is told. #}
{% macro remember_current(models) %}
    {% set rows = [] %}
    {% for unique_id in models %}
        {% do rows.append('(' ~ raw_literal(unique_id) ~ ')') %}
    {% endfor %}
    {% set insert = 'insert into ' ~ journal('current_models') ~ ' values ' ~ rows | join(', ') %}
    {{ return(['truncate table ' ~ journal('current_models')] + ([insert] if rows else [])) }}
{% endmacro %}
