{# Sessions are numbered within their conversation, so a conversation can be recomputed alone. #}
{% macro session_key(conversation_id, session_number) -%}
    {{ conversation_id }} || '/' || cast({{ session_number }} as varchar)
{%- endmacro %}


{# Members that a dimension infers: ids that facts name and no reference table knows, so that no join loses a row. #}
{% macro inferred_name() -%}
    '(unknown)'
{%- endmacro %}


{# The team of an agent at a moment, not today's: a left join onto the stretches of the agent's memberships. #}
{% macro join_team_of(agent_id, moment) -%}
    left join {{ ref('int_team_memberships_flattened') }} as teams_then
        on
            {{ agent_id }} = teams_then.agent_id
            and {{ moment }} >= teams_then.valid_from
            and {{ moment }} < teams_then.valid_to
{%- endmacro %}


{# At the same instant the customer spoke first: an answer never sorts before its question. #}
{% macro rank_in_total_order(events, vocabulary) -%}
    case
        when {{ vocabulary }}.is_message and {{ events }}.actor_type != 'end_user' then 41
        else {{ vocabulary }}.sort_rank
    end
{%- endmacro %}
