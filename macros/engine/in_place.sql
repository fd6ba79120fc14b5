{#
    Tables and views are replaced in place, by one statement in one transaction: where it fails, what stood there stands.
    dbt's own way, which serves engines that cannot do that as well, makes each under another name, moves the old one away,
    renames the new one and drops the old one: macros with a context of their own, a quarter of the time that a small build
    takes. Tables under contract go that way still.

    As a package of another project this one's `table` and `view` are dbt's own, because a package may not replace what dbt
    brings along; a `working_set` is made by those that stand here. So neither asks for a macro of dbt's that would have to be replaced:
    that, too, only the project at the root can do.
#}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if config.get('contract').enforced -%}
        {{ return(dbt.materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') %}
    {%- do before_in_place(target_relation) %}
    {%- call statement('main', language=model.language) -%}
        {#- dbt takes the code of a Python model from a materialization alone. -#}
        {%- if model.language == 'python' -%}
            {{ create_table_as(false, this, compiled_code, 'python') | replace("'create table ", "'create or replace table ") }}
        {%- else -%}
            create or replace table {{ this }} as (
                {{ compiled_code }}
            )
        {%- endif -%}
    {%- endcall -%}
    {{ return(after_in_place(target_relation)) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='view') %}
    {%- do before_in_place(target_relation) %}
    {%- call statement('main') -%}
        {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- endif %}
        create or replace view {{ this }} as (
            {{ without_database(compiled_code) }}
        )
    {%- endcall -%}
    {{ return(after_in_place(target_relation)) }}
{% endmaterialization %}


{# A view does not replace a table, nor a table a view. #}
{% macro before_in_place(target_relation) %}
    {%- set existing_relation = load_cached_relation(this) %}
    {% do run_hooks(pre_hooks, inside_transaction=False) %}
    {% do run_hooks(pre_hooks, inside_transaction=True) %}
    {% if existing_relation is not none and existing_relation.type != target_relation.type %}
        {% call statement('drop_the_other_kind') -%}
            drop {{ existing_relation.type }} {{ existing_relation }}
        {%- endcall %}
    {% endif %}
{% endmacro %}


{% macro after_in_place(target_relation) %}
    {% do persist_docs(target_relation, model) %}
    {% do run_hooks(post_hooks, inside_transaction=True) %}
    {% do adapter.commit() %}
    {% do run_hooks(post_hooks, inside_transaction=False) %}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
