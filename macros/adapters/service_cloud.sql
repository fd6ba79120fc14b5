{# What the words and fields of the platform's objects mean here; docs/decisions/0048-service-cloud.md argues it. #}

{# An id of 15 characters, as reports print it, with the three that exports write after it: one for each five characters,
   which of them are capitals, so that ids differ without regard to letter case. #}
{% macro service_cloud__record_id(text) -%}
    case
        when length({{ text }}) = 15 and {{ text_matches(text, '[0-9A-Za-z]{15}') }} then {{ text }}
            {%- for first in [1, 6, 11] %}
            || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1
                {%- for place in range(5) %}
                + case when substr({{ text }}, {{ first + place }}, 1) between 'A' and 'Z' then {{ 2 ** place }} else 0 end
                {%- endfor %}, 1)
            {%- endfor %}
        else {{ text }}
    end
{%- endmacro %}


{# The schedule of a channel: what the business says of the platform's id, else the id itself; null where there is none of
   that name, which the doctor tells. A platform's export does not stop a build. #}
{% macro schedule_of(business_hours_id) -%}
    case
        when false then null
        {%- for name, schedule in (var('service_cloud_business_hours') or {}).items() %}
        when {{ business_hours_id }} = {{ record_id(raw_literal(name)) }} then {{ raw_literal(schedule) }}
        {%- endfor %}
        else {{ business_hours_id }}
    end
{%- endmacro %}


{# A line of the build's output for each schedule that channels name and nobody knows. #}
{% macro tell_of_unknown_schedules(channels, schedules) %}
    {% if is_about_to_build() %}
        {% for row in run_query(
            "select business_hours_id, count(*) from " ~ channels ~ " where business_hours_id is not null and "
            ~ schedule_of('business_hours_id') ~ " not in (select business_hours_id from " ~ schedules
            ~ " where business_hours_id is not null) group by 1 order by 1"
        ).rows %}
            {% do log(
                "MessagingChannel: BusinessHoursId " ~ row[0] ~ " of " ~ row[1] ~ " channel(s) stands in no business_hours: they "
                ~ "count as open around the clock; add the schedule, or name the one that is meant in service_cloud_business_hours.",
                info=true
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{# When an entry was made: EntryTime holds whole seconds, EntryTimeMilliSecs the rest. #}
{% macro entry_moment() -%}
    {%- set second = platform_time('entry_time', 'ConversationEntry') -%}
    {%- set milliseconds = platform_number('entry_time_milli_secs', 'ConversationEntry') -%}
    case
        when entry_time_milli_secs is null then {{ second }}
        else {{ timestamp_from_milliseconds(
            epoch_milliseconds("date_trunc('second', " ~ second ~ ')') ~ ' + cast(' ~ milliseconds ~ ' as bigint) % 1000'
        ) }}
    end
{%- endmacro %}


{# The first moment that is surely later than one which the platform writes: in whole seconds it may be any moment of the
   second. #}
{% macro end_of_its_second(moment) -%}
    {{ timestamp_from_milliseconds(
        epoch_milliseconds(moment) ~ ' + case when (' ~ epoch_milliseconds(moment) ~ ') % 1000 = 0 then 1000 else 1 end'
    ) }}
{%- endmacro %}


{# A moment of a session: where the session is told to have started later, the moment moves with it; so does one that lies no
   more than so many milliseconds before the start, where something names the session that it is of. #}
{% macro within_its_session(moment, spans, tolerance=0) -%}
    case
        when
            {{ moment }} < {{ spans }}.started_at
            and (
                {{ moment }} >= {{ spans }}.first_at
                or {{ milliseconds_between(moment, spans ~ '.started_at') }} <= {{ tolerance }}
            )
            then {{ spans }}.started_at
        else {{ moment }}
    end
{%- endmacro %}


{# The order of a conversation's sessions: of those that start at once the longest is first. #}
{% macro in_order_of_start() -%}
    started_at asc, ended_at desc nulls first, messaging_session_id asc
{%- endmacro %}


{# Whether a session of this status is not over: one that says nothing of its end lasts. #}
{% macro is_going_on(status) -%}
    {{ status }} in ('New', 'Active', 'Consent', 'Waiting', 'Paused', 'Inactive')
{%- endmacro %}


{# Whether an entry was made in the time of the session that it names: no other of the conversation was going on, and it
   lies no further from the session than a silence that ends one. #}
{% macro is_of_the_session_it_names(moment, sessions) -%}
    {%- set limit = 3600000 * (var('session_inactivity_hours') or 0) -%}
    {{ sessions }}.messaging_session_id is not null
    and coalesce({{ moment }} >= {{ sessions }}.previous_ended_at, true)
    and coalesce({{ moment }} < {{ end_of_its_second(sessions ~ '.next_started_at') }}, true)
    and coalesce({{ milliseconds_between(moment, sessions ~ '.started_at') }} < {{ limit }}, true)
    and coalesce({{ milliseconds_between(sessions ~ '.ended_at', moment) }} < {{ limit }}, true)
{%- endmacro %}


{# Whether a row of `stg_service_cloud__agent_work` is a human's, offered or accepted and not over. #}
{% macro is_open_work() -%}
    not is_bot_work
    and coalesce(status in ('Assigned', 'Opened'), true)
    and coalesce(closed_at, canceled_at, declined_at, push_timed_out_at) is null
{%- endmacro %}


{# Whether work is on a messaging session, be it there or not, by the id of its item. An item that a record alone leaves out
   may be one. Work on cases and calls is no business of ours. #}
{% macro is_work_on_a_session(item_id) -%}
    (starts_with({{ item_id }}, '0Mw') or {{ where_there_are('AgentWork', ['workitemid'], item_id ~ ' is null') }})
{%- endmacro %}


{# Whether a piece of work is over by its status and does not say when, though the export has a field for it: it is told without
   a time, to be rejected. #}
{% macro is_over_at_no_time(status, moment, field) -%}
    {{ where_there_are('AgentWork', [field], "coalesce(status = '" ~ status ~ "' and " ~ moment ~ ' is null, false)') }}
{%- endmacro %}


{# What the ids of voice calls begin with: their entries are no messages. #}
{% macro voice_call_prefix() -%}
    '0LQ'
{%- endmacro %}


{# Who began a session. What the platform begins by itself, or nobody knows how, is the system's. #}
{% macro session_starter(origin) -%}
    case
        when {{ session_origin(origin) }} = 'inbound' then 'end_user'
        when {{ session_origin(origin) }} = 'agent_initiated' then 'agent'
        else 'system'
    end
{%- endmacro %}


{# Null where a session begins for a reason of its own: a conversation deleted, or handed back by somebody else's bot. #}
{% macro session_origin(origin) -%}
    case
        when {{ origin }} in ('InboundInitiated', 'Help', 'OptIn', 'OptOut') then 'inbound'
        when {{ origin }} = 'AgentInitiated' then 'agent_initiated'
        when {{ origin }} = 'TriggeredOutbound' then 'triggered_outbound'
    end
{%- endmacro %}


{# Who ended a session; null where the platform does not say, as of every standard one. #}
{% macro session_ender(ended_by_type) -%}
    case {{ ended_by_type }} when 'Agent' then 'agent' when 'Bot' then 'bot' when 'EndUser' then 'end_user' when 'System' then 'system' end
{%- endmacro %}


{# A supervisor who writes writes for the business. #}
{% macro entry_actor(actor_type) -%}
    case {{ actor_type }}
        when 'EndUser' then 'end_user' when 'Agent' then 'agent' when 'Supervisor' then 'agent' when 'Bot' then 'bot' when 'System' then 'system'
    end
{%- endmacro %}


{# What the business says of a status by its name, else what the platform says. #}
{% macro presence_status(developer_name, is_away) -%}
    case
        {%- for name, status in (var('service_cloud_presence_statuses') or {}).items() %}
        when {{ developer_name }} = {{ raw_literal(name) }} then {{ raw_literal(status) }}
        {%- endfor %}
        when {{ is_away }} then 'away'
        else 'available'
    end
{%- endmacro %}


{% macro is_test_channel(developer_name) -%}
    case
        when false then null
        {%- for name in var('service_cloud_test_channels') or [] %}
        when {{ developer_name }} = {{ raw_literal(name) }} then 'true'
        {%- endfor %}
        else 'false'
    end
{%- endmacro %}


{# Event of a row of `outcomes_named`. #}
{% macro work_event(what, event_type, occurred_at, actor, payload, condition=none) -%}
    {%- set condition = condition or occurred_at ~ ' is not null' -%}
    {{ event_out_of(
        'outcomes_named', 'agent_work_id', what, event_type, occurred_at, "'" ~ actor ~ "'",
        actor_id='agent_id' if actor == 'agent' else 'cast(null as varchar)', payload=payload,
        condition=where_there_are('AgentWork', ['userid'], condition) if actor == 'agent' or 'agent_id' in payload else condition
    ) }}
{%- endmacro %}


{# Without which no entry is told: who writes what, and when, is what a message is. #}
{% macro fields_of_entries() %}
    {{ return(['conversationid', 'entrytype', 'entrytime', 'actortype', 'actorid']) }}
{% endmacro %}


{# Event of an entry. When a message was delivered, read or failed the platform does not say: it is told with the message. #}
{% macro entry_event(entries, what, event_type, actor, actor_id, payload, condition='true') -%}
    {{ event_out_of(
        entries, 'conversation_entry_id', what, event_type, 'entered_at', actor,
        actor_id=actor_id or 'cast(null as varchar)', payload=payload, received_at='received_at',
        condition=where_there_are('ConversationEntry', fields_of_entries(), condition)
    ) }}
{%- endmacro %}


{# Who served a session; System is an automatic notice. #}
{% macro session_agent_type(agent_type) -%}
    case {{ agent_type }} when 'Agent' then 'agent' when 'Bot' then 'bot' when 'BotToAgent' then 'bot_to_agent' when 'System' then 'system' end
{%- endmacro %}


{# A figure as text: of a number without the zeros that its type has behind the point. #}
{% macro figure_text(value) -%}
    {{ replaced_pattern('cast(' ~ value ~ ' as varchar)', "'(\\.[0-9]*[1-9])0+$|\\.0+$'", "'\\1'") }}
{%- endmacro %}


{# A name of the platform's in the project's spelling: MaxAgentResponseTime is max_agent_response_time. #}
{% macro words_of_name(name) -%}
    lower({{ replaced_pattern(name, "'([a-z])([A-Z])'", "'\\1_\\2'") }})
{%- endmacro %}
