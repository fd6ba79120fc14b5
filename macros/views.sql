{# dbt names the database in every view, and a file that was copied, renamed or attached under another name would then
   have views that lead nowhere. Within one file a schema says enough. #}
{% macro duckdb__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    create view {{ relation }} as (
        {{ sql | replace(adapter.quote(relation.database) ~ '.', '') }}
    );
{%- endmacro %}
