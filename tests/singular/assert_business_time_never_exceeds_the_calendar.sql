-- Business time is null where the calendar's is, never more, and the same on a channel that never closes.
with

durations as (
    {%- for fact, columns in {
        'fct_messaging_sessions': ['first_response', 'first_resolution', 'resolution'],
        'fct_responses': ['wait', 'response'],
        'fct_resolutions': ['resolution'],
    }.items() %}
    {%- set outer = loop %}
    {%- for column in columns %}
    {%- if not (outer.first and loop.first) %}
    union all
    {%- endif %}
    select
        session_id,
        channel_id,
        '{{ fact }}.{{ column }}' as duration,
        {{ column }}_seconds as calendar_seconds,
        {{ column }}_business_seconds as business_seconds
    from {{ ref(fact) }}
    {%- endfor %}
    {%- endfor %}
)

select
    durations.session_id,
    durations.duration
from durations
left join {{ ref('dim_channels') }} as channels using (channel_id)
where
    (durations.calendar_seconds is null) is distinct from (durations.business_seconds is null)
    or durations.business_seconds < 0
    or durations.business_seconds > durations.calendar_seconds
    or (channels.business_hours_id is null and durations.business_seconds is distinct from durations.calendar_seconds)
