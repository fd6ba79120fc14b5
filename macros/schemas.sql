{# Schemas are what dbt_project.yml says, without a prefix: core and marts live in the target's own schema, so
   that `select * from fct_messages` works from any client. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
