{# Whether a local day lies in the month of `as_of`. #}
{% macro is_this_month(date) -%}
    {{ first_day_of('month', date) }}
    = (select {{ first_day_of('month', local_date('as_of')) }} from {{ ref('dim_build') }})
{%- endmacro %}


{# What is not null, each value after its column's name: `wait_seconds 90.000, response_seconds 60.000`; null if all is. #}
{% macro named_values(columns) -%}
    nullif(concat_ws(', '{% for column in columns %}, '{{ column }} ' || {{ column }}{% endfor %}), '')
{%- endmacro %}


{# All columns of a full join; these counts are 0 where the other side has rows and theirs has none. #}
{% macro all_with_zeros(counts) -%}
    * replace ({% for count in counts %}{{ ', ' if not loop.first }}coalesce({{ count }}, 0) as {{ count }}{% endfor %})
{%- endmacro %}
