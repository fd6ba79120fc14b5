{# A survey is asked on one day and answered on another: each counts on its own. #}
{% macro csat_facts() %}
    {{ return([
        {
            'name': 'requests', 'fact': ref('fct_csat_responses'), 'day': 'requested_date',
            'counts': ['requested_survey_count', 'answered_request_count'], 'metrics': ['survey_response_rate']
        },
        {
            'name': 'answers', 'fact': ref('fct_csat_responses'), 'day': 'responded_date',
            'counts': [
                'answered_survey_count', 'valid_survey_count', 'invalid_survey_count', 'satisfied_survey_count'
            ],
            'metrics': [
                'csat_rate', 'survey_answer_count', 'survey_answer_sum_seconds', 'average_survey_answer_seconds',
                'p50_survey_answer_seconds', 'p90_survey_answer_seconds', 'p95_survey_answer_seconds'
            ]
        },
    ]) }}
{% endmacro %}


{# What a sentiment score is called. As a decimal, because a mean of 0.1 is not more than 0.1. #}
{% macro sentiment_label(score) -%}
    case
        when cast({{ score }} as decimal(10, 9)) > 0.1 then 'positive'
        when cast({{ score }} as decimal(10, 9)) < -0.1 then 'negative'
        when {{ score }} is not null then 'neutral'
    end
{%- endmacro %}
