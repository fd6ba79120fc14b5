{# One row per grain: the columns of the model's `meta.grain` are unique together. `optional` columns of the grain may
   be null (an id that was not given); the others never are. #}
{% test one_row_per_grain(model, optional=[]) %}
    {% set node = namespace(grain=none) %}
    {% if not execute %}
        {{ return('') }}
    {% endif %}
    {% for candidate in graph.nodes.values() if candidate.relation_name == model | string %}
        {% set node.grain = candidate.config.meta.grain %}
    {% endfor %}
    {% if not node.grain %}
        {% do exceptions.raise_compiler_error(model ~ ": meta.grain is missing; name the columns that tell its rows apart.") %}
    {% endif %}
    {% set grain = node.grain %}
    select
        {{ grain | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ grain | join(', ') }}
    having
        count(*) > 1
        {%- for column in grain if column not in optional %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}
