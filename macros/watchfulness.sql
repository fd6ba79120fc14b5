{# What the warehouse finds worth a look in its own input. A limit of null is refused by `refuse_bad_vars`; parsing has to
   get that far. #}

{# True for an event that took longer than `late_after_minutes` to be delivered. Exactly so long is in time. #}
{% macro is_late(occurred_at, received_at) -%}
    {{ milliseconds_between(occurred_at, received_at) }} > {{ 60000 * (var('late_after_minutes') or 0) }}
{%- endmacro %}


{# How a channel's day compares with what is usual: unusual where its distance is as many events as are worth a look, more
   than so many times the usual distance, and more than a share of the usual; whole numbers, all of them. Silence needs no
   such proof: however volumes scatter, none at all is not by chance. #}
{% macro volume_status(day, usual) -%}
    {%- set distance = 'abs(' ~ day ~ '.day_event_count - ' ~ usual ~ '.usual_event_count)' -%}
    case
        when not {{ day }}.is_complete_day then 'incomplete'
        when coalesce({{ usual }}.compared_week_count, 0) < {{ var('volume_min_weeks') }} then 'unjudged'
        when {{ day }}.day_event_count = 0 and {{ usual }}.usual_event_count >= {{ var('volume_min_events') }} then 'silent'
        when
            {{ distance }} < {{ var('volume_min_events') }}
            or {{ distance }} <= {{ var('volume_distance_factor') }} * {{ usual }}.usual_distance
            or 100 * {{ distance }} <= {{ var('volume_min_percent') }} * {{ usual }}.usual_event_count
            then 'usual'
        when {{ day }}.day_event_count < {{ usual }}.usual_event_count then 'low'
        else 'high'
    end
{%- endmacro %}
