{# Guards: true, or the build stops with one sentence. #}

{% macro stop_when_too_many_rejected(rejected_count, delivery_count, table) -%}
    case
        when {{ rejected_count }} > {{ var('max_rejected_rate') }} * {{ delivery_count }}
            then {{ stop_with(
                rejected_count ~ " || ' of ' || " ~ delivery_count ~ " || ' deliveries were rejected, more than the share of "
                ~ var('max_rejected_rate') ~ " that max_rejected_rate allows: see rejection_reason in " ~ table
                ~ ", mend the source or raise the var.'"
            ) }} is null
        else true
    end
{%- endmacro %}


{# A limit of null is refused by `refuse_bad_vars`; parsing has to get that far. #}
{% macro stop_when_clock_jumps(next_newest, newest) -%}
    case
        when
            {{ as_of_given() }} is null
            and {{ milliseconds_between(next_newest, newest) }} > {{ 86400000 * (var('max_clock_gap_days') or 0) }}
            then {{ stop_with(
                "'The newest received_at, ' || " ~ newest ~ " || ', lies more than " ~ var('max_clock_gap_days')
                ~ " days (max_clock_gap_days) after the next, ' || " ~ next_newest
                ~ " || ': one bad clock would end every session; mend that delivery in its file, under the same "
                ~ "name, or in its table with --full-refresh, or give as_of.'"
            ) }} is null
        else true
    end
{%- endmacro %}


{# `counted` has a row for each id, and how many rows have it (`row_count`). #}
{% macro stop_when_given_twice(counted, id, table) -%}
    (
        select count(
            case
                when row_count > 1 or {{ id }} is null
                    then {{ stop_with(
                        "'" ~ table ~ ": " ~ id ~ " ''' || coalesce(" ~ id ~ ", '') || ''' is missing or given twice; write each id once.'"
                    ) }}
            end
        )
        from {{ counted }}
    ) = 0
{%- endmacro %}


{# The vars that carry a definition, each with its value. Not among them: `as_of`, which says when we look. #}
{% macro settings_with_meaning() %}
    {% set settings = [] %}
    {% for name in [
        'reporting_timezone', 'session_inactivity_hours', 'focus_idle_minutes', 'presence_stale_hours',
        'repeat_contact_days', 'clock_skew_tolerance_seconds', 'max_lateness_days', 'late_after_minutes',
        'volume_baseline_weeks', 'volume_min_weeks', 'volume_distance_factor', 'volume_min_percent', 'volume_min_events',
        'service_cloud_presence_statuses', 'service_cloud_test_channels', 'service_cloud_business_hours'
    ] %}
        {% do settings.append(name ~ '=' ~ var(name)) %}
    {% endfor %}
    {{ return(settings) }}
{% endmacro %}


{# What the numbers mean, as one hash: the vars that carry a definition, the vocabulary and the business's configuration.
   Equal fingerprints: equal meaning. Taken of the rows as they came in, since it is known before anything is built. #}
{% macro config_fingerprint() -%}
    {%- set settings = settings_with_meaning() -%}
    {%- do settings.append('unrecorded=' ~ unrecorded() | sort | join(' ')) -%}
    md5({{ raw_literal(settings | join(';')) }}
    {%- for table, columns in {
        ref('event_types'): ['event_type', 'sort_rank', 'starting_actors', 'ends_session', 'is_activity', 'focus_effect', 'required_keys'],
        ref('presence_statuses'): ['status', 'is_online', 'is_available', 'ends_focus'],
        ref('base_messaging__business_hours'): ['business_hours_id', 'timezone'],
        ref('base_messaging__business_hour_intervals'): ['business_hours_id', 'iso_weekday', 'opens_at', 'closes_at'],
        ref('base_messaging__holidays'): ['business_hours_id', 'holiday_date', 'opens_at', 'closes_at', 'name'],
        ref('base_messaging__sla_policies'): ['policy_id', 'policy_name', 'metric', 'channel_id', 'team_id', 'topic_id', 'target_seconds', 'clock', 'valid_from', 'valid_to'],
        ref('base_messaging__emoji_sentiment'): ['emoji', 'sentiment_score'],
        ref('base_messaging__channels'): ['channel_id', 'business_hours_id', 'is_test'],
    }.items() %}
        || {{ fingerprint_of_rows(table, columns) }}
    {%- endfor %})
{%- endmacro %}


{# By which code the numbers are made: models, macros, metrics and the interval functions, and how models are configured,
   wherever that is written, as one hash. Descriptions make no number, nor do models of a project that has this one as a package. #}
{% macro code_fingerprint() -%}
    {%- if execute -%}
        {%- set configured = [] -%}
        {%- for unique_id in models_of_project() | sort -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- do configured.append([node.unique_id, node.config.materialized, node.config.incremental_strategy, node.config.meta]) -%}
        {%- endfor -%}
        {{ local_md5(code_of_project() ~ tojson(configured, sort_keys=true)) }}
    {%- endif -%}
{%- endmacro %}


{# Where that code lies: the folder of this project, wherever dbt has it, and what stands around it in a project that has it as a
   package: macros, which may take the place of others, and dbt_project.yml, which says which. dbt_messaging_warehouse says the same. #}
{% macro places_of_code() %}
    {% set root = adapter.config %}
    {% if root.project_name == 'messaging_warehouse' %}
        {{ return({'project': flags.PROJECT_DIR | string, 'around': []}) }}
    {% endif %}
    {% set around = [] %}
    {% for path in ['dbt_project.yml'] + root.macro_paths %}
        {% do around.append(root.project_root ~ '/' ~ path) %}
    {% endfor %}
    {{ return({'project': root.load_dependencies()['messaging_warehouse'].project_root | string, 'around': around}) }}
{% endmacro %}


{# The build waits for the reference tables: a cell that cannot be read or a key given twice stops before the first fact,
   and not half-way. #}
{% macro wait_for_reference_tables() -%}
    {%- if not execute -%}
    {%- for table in ['agents', 'teams', 'team_memberships', 'channels', 'messaging_users', 'accounts', 'topics', 'business_hours', 'business_hour_intervals', 'holidays', 'sla_policies', 'emoji_sentiment'] -%}
        {%- do ref('stg_messaging__' ~ table) -%}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
