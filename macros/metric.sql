{#
    `{{ metric('closed_conversations') }}` renders the semantic layer's definition of a metric as an aggregate over the
    columns of its fact, so that a mart can only group what is defined elsewhere, once.

    Simple metrics render their measure; ratios render numerator ÷ denominator: exact half-up milliseconds where the
    metric's unit is seconds, a double where it is a rate. While dbt parses, its graph is empty and the metric is null.
#}
{% macro metric(name) %}
    {% if not execute %}
        {{ return('null') }}
    {% endif %}
    {#- By its id, because marts ask hundreds of times; by its name where it is another project's. -#}
    {% set definition = graph.metrics.get('metric.messaging_warehouse.' ~ name)
        or graph.metrics.values() | selectattr('name', 'equalto', name) | first | default(none) %}
    {% if definition is none %}
        {% do exceptions.raise_compiler_error("There is no metric '" ~ name ~ "'; define it in models/metrics/.") %}
    {% endif %}
    {% set parameters = definition.type_params %}
    {% if definition.type == 'simple' %}
        {{ return(measure_sql(parameters.measure.name, definition.depends_on.nodes)) }}
    {% elif definition.type == 'ratio' %}
        {% set numerator = metric(parameters.numerator.name) %}
        {% set denominator = metric(parameters.denominator.name) %}
        {% if definition.config.meta.unit == 'seconds' %}
            {{ return(mean_seconds(numerator, denominator)) }}
        {% endif %}
        {{ return(rate(numerator, denominator)) }}
    {% endif %}
    {% do exceptions.raise_compiler_error("metric '" ~ name ~ "': type " ~ definition.type ~ " has no rendering in SQL; use simple or ratio.") %}
{% endmacro %}


{# A share between 0 and 1; null where there is nothing to divide by. #}
{% macro rate(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}


{% macro measure_sql(name, semantic_models) %}
    {% for semantic_model in semantic_models %}
        {% for measure in graph.semantic_models[semantic_model].measures | selectattr('name', 'equalto', name) %}
            {% set expression = measure.expr or measure.name %}
            {% if measure.agg == 'sum_boolean' %}
                {{ return('count(*) filter (where ' ~ expression ~ ')') }}
            {% elif measure.agg == 'count_distinct' %}
                {{ return('count(distinct ' ~ expression ~ ')') }}
            {% elif measure.agg == 'percentile' %}
                {{ return('percentile_disc(' ~ measure.agg_params.percentile ~ ') within group (order by ' ~ expression ~ ')') }}
            {% elif measure.agg == 'sum' and expression.endswith('as bigint)') %}
                {#- A sum of whole numbers is one: the engine makes it wider. Null, and not 0, where each of them is null. -#}
                {{ return('cast(sum(' ~ expression ~ ') as bigint)') }}
            {% elif measure.agg in ('count', 'sum', 'max', 'min') %}
                {{ return(measure.agg ~ '(' ~ expression ~ ')') }}
            {% endif %}
            {% do exceptions.raise_compiler_error("measure '" ~ name ~ "': aggregation " ~ measure.agg ~ " has no rendering in SQL.") %}
        {% endfor %}
    {% endfor %}
    {% do exceptions.raise_compiler_error("There is no measure '" ~ name ~ "'.") %}
{% endmacro %}


{# Several metrics, each under its own name: a select list. #}
{% macro metrics(names) -%}
    {%- for name in names %}
        {{ metric(name) }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The metrics that a duration has: its sum, its mean, its percentiles, and (for `longest`) its maximum. #}
{% macro durations(name, longest=true) %}
    {% set found = [name ~ '_sum_seconds'] %}
    {% for statistic in ['average', 'p50', 'p90', 'p95'] + (['max'] if longest else []) %}
        {% do found.append(statistic ~ '_' ~ name ~ '_seconds') %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# The metrics of what came within so many minutes, and its shares. #}
{% macro shares_within(name) %}
    {% set found = [] %}
    {% for minutes in [1, 5, 15, 60] %}
        {% do found.extend([name ~ '_within_' ~ minutes ~ '_min_count', name ~ '_within_' ~ minutes ~ '_min_rate']) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# Several sums, each under the name of its column: a select list. #}
{% macro sums(names) -%}
    {%- for name in names %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Several counts after an outer join, each under its own name: where nothing was told of them there were none. #}
{% macro counts_or_zero(relation, names, unrecorded_count=none) -%}
    {%- for name in names %}
        {{ count_or_zero(relation, name, unrecorded_count) }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# A select list of figures: each by its expression, and null where there is none for it. #}
{% macro figures_or_null(names, expressions) -%}
    {%- for name in names %}
        cast({{ expressions.get(name, 'null') }} as decimal(38, 3)) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Rows without an id stay visible under a name of their own; an id that really has that name, or that of all together,
   is told apart by another pair of brackets. #}
{% macro id_or_none(column) -%}
    case
        when {{ column }} is null then '(none)'
        when {{ column }} in ('(none)', '(all)') then '(' || {{ column }} || ')'
        else {{ column }}
    end
{%- endmacro %}


{% macro channel_or_none() -%}
    {{ id_or_none('channel_id') }}
{%- endmacro %}


{# The figures that every ended session gets. #}
{% macro session_metric_types() %}
    {{ return([
        'agent_message_count', 'end_user_message_count', 'average_agent_response_time', 'max_agent_response_time',
        'average_end_user_response_time', 'max_end_user_response_time'
    ]) }}
{% endmacro %}
