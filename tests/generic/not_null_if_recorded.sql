{# A column is never null where the source records all of `what` it is made of, as the var `unrecorded` calls it. #}
{% test not_null_if_recorded(model, column_name, what) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} is null and {{ what | select('in', unrecorded()) | list | length == 0 }}
{% endtest %}
