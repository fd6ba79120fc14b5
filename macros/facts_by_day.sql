{#
    The figures of several facts, each on its own day, in one row per day and `keys` (name and expression): a CTE for each
    fact, and `joined`. Of a fact: `name`, `fact`, `day`, its `counts`, which are 0 where the fact tells nothing of that
    row, and its `figures`, which are null there.
#}
{% macro facts_joined_by_day(day, keys, facts) -%}
    {%- for part in facts %}
    {{ part.name }} as (
        select
            {{ part.day }} as {{ day }},
            {%- for key, expression in keys.items() %}
            {{ expression }} as {{ key }},
            {%- endfor %}
            {{- metrics(part.counts + part.figures) }}
        from {{ part.fact }}
        where {{ part.day }} is not null and not is_test_channel
        group by all
    ),
    {% endfor %}
    joined as (
        select *
        from {{ facts[0].name }}
        {%- for part in facts[1:] %}
        full join {{ part.name }} using ({{ ([day] + keys.keys() | list) | join(', ') }})
        {%- endfor %}
    )
{%- endmacro %}


{# The select list of all their counts and figures. #}
{% macro figures_of_facts(relation, facts) -%}
    {%- for part in facts %}
        {{- counts_or_zero(relation, part.counts) }}
        {%- for name in part.figures %},
        {{ relation }}.{{ name }}
        {%- endfor %}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
