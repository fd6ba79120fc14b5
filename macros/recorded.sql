{#
    What the source does not record is not known: a figure made of it is null, and not 0. See
    docs/decisions/0050-what-is-not-recorded.md.

    focus         conversation_opened and conversation_left: without them nobody knows where an agent looked, and visits
                  would be made of messages alone
    resolutions   conversation_resolved and conversation_reopened: a session that ends is not resolved
    csat          surveys and their answers
    topics        what a conversation is about
    queues        work that nobody has been assigned yet: without it nobody knows in which queue a session waits
    memberships   which agent is in which team
    proactive     which messages were sent without being asked for
    receipt       when events were received: without it every delay would be 0
    work          who was offered work, and what became of it: what is asked for and never accepted would wait for ever
    presence      when an agent was online
    availability  which of the online statuses take work, and which do not
    away          which of the online statuses are a break
    origins       how a session began: whether the customer began it
    contacts      whose session it is
    people        which addresses are one person's
    delivery      what became of messages: delivered, read, failed
    receipt_times when that was
    texts         what messages say
    attachments   which messages came with files

    and of work that is recorded, what its events say one by one:

    requests      when it was asked for, and of which queue
    assignments   to whom it was offered
    declines, push_timeouts, cancellations      what became of offers that nobody took
    transfers     what was passed on, and not closed
    after_work    when the work after a conversation began

    Whether the messages of a session are recorded is told by session (`are_messages_recorded`), because a platform may hand
    them over for some channels and not for others.
#}

{# {what of work may be missing: the events that would tell it}; without acceptance and close nothing is known of work. #}
{% macro event_types_of_work() %}
    {{ return({
        'requests': 'work_requested', 'assignments': 'work_assigned', 'declines': 'work_declined',
        'push_timeouts': 'work_push_timed_out', 'cancellations': 'work_canceled', 'transfers': 'work_transferred',
        'after_work': 'after_work_started'
    }) }}
{% endmacro %}


{# What may be missing from a source: each with what is not recorded either where it is not. #}
{% macro recordable() %}
    {% set of_work = event_types_of_work().keys() | list %}
    {% set with = {
        'work': of_work, 'presence': ['availability', 'away'], 'away': ['availability'], 'delivery': ['receipt_times'],
        'contacts': ['people']
    } %}
    {% set found = {} %}
    {% for what in [
        'focus', 'resolutions', 'csat', 'topics', 'queues', 'memberships', 'proactive', 'receipt', 'work', 'presence',
        'availability', 'away', 'origins', 'contacts', 'people', 'delivery', 'receipt_times', 'texts',
        'attachments'
    ] + of_work %}
        {% do found.update({what: with.get(what, [])}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# What this one does not record: the var says it, else the adapter, and what hangs on it. #}
{% macro unrecorded() %}
    {% set told = var('unrecorded') %}
    {% set found = [] %}
    {% for what in (unrecorded_by_adapter() if told is none else told if told is sequence else []) %}
        {% do found.extend(([what] + recordable().get(what, [])) | reject('in', found) | list) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{% macro is_recorded(what) %}
    {{ return(what not in unrecorded()) }}
{% endmacro %}


{# What is made of something that may not be recorded: null where it is not. #}
{% macro if_recorded(what, expression, type) -%}
    {{ expression if is_recorded(what) else 'cast(null as ' ~ type ~ ')' }}
{%- endmacro %}


{# Whether an event of work counts: a type of them that is not recorded tells a share, if anything. Requests do, whatever is
   known of when they came: so long as nobody has the work they say where it waits. #}
{% macro is_believed_work_event() -%}
    {%- set untold = ['work_accepted', 'work_closed'] if not is_recorded('work') else [] -%}
    {%- for what, event_type in event_types_of_work().items() if what != 'requests' and not is_recorded(what) -%}
        {%- do untold.append(event_type) -%}
    {%- endfor -%}
    {{ "event_type not in ('" ~ untold | join("', '") ~ "')" if untold else 'true' }}
{%- endmacro %}


{# Whether an offer still waits for somebody. Where it is not told what becomes of offers, one that was made to somebody may be
   over; and where nothing is told of work, they all may, but for those of an adapter, which tells of them while they wait. #}
{% macro is_pending_work() -%}
    offered_at is not null and accepted_at is null and terminal_at is null
    {%- if unrecorded() | select('in', ['declines', 'push_timeouts', 'cancellations']) | list %}
    and assigned_at is null and {{ is_recorded('work') or has_adapter() }}
    {%- endif %}
{%- endmacro %}


{# A figure of seconds; null where what it is made of is not recorded. #}
{% macro seconds_if_recorded(what, expression) -%}
    {{ if_recorded(what, expression, 'decimal(18, 3)') }}
{%- endmacro %}


{# What is made of what was said in a session: a select list of columns, null where that is not recorded. #}
{% macro where_messages_are_recorded(sessions, columns) -%}
    {%- for column in columns %}
        case when {{ sessions }}.are_messages_recorded then {{ sessions }}.{{ column }} end as {{ column }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# What a count is made of that a source may not record, or not of every session (`messages`), a list: after an outer join
   nothing tells none from not knowing. #}
{% macro made_of(name) %}
    {% set counts = {
        'focus': ['handled_session_count', 'handle_seconds', 'viewed_session_count', 'viewing_seconds'],
        'resolutions': [
            'resolution_count', 'resolved_session_count', 'measured_resolution_count', 'reopened_session_count',
            'unresolved_session_count', 'closed_session_count', 'session_close_count'
        ],
        'csat': [
            'requested_survey_count', 'answered_survey_count', 'valid_survey_count', 'satisfied_survey_count'
        ],
        'proactive': ['proactive_messages'],
        'origins': [
            'inbound_session_count', 'closed_conversations', 'abandoned_session_count', 'first_response_count'
        ],
        'people': ['unique_contacts'],
        'texts': [
            'scored_message_count', 'positive_message_count', 'neutral_message_count', 'negative_message_count',
            'scored_session_count', 'positive_session_count', 'neutral_session_count', 'negative_session_count'
        ],
        'presence': ['online_agent_count'],
        'work': ['accepted_work_count', 'closed_work_count', 'work_handle_count', 'open_work_count', 'owned_session_count'],
        'requests': ['speed_to_answer_count'],
        'assignments': ['assigned_work_count'],
        'declines': ['declined_work_count'],
        'push_timeouts': ['timed_out_work_count'],
        'transfers': ['transferred_work_count', 'transferred_session_count'],
        'after_work': ['after_work_count'],
        'messages': [
            'message_count', 'agent_message_count', 'bot_message_count', 'end_user_message_count', 'proactive_messages',
            'unique_contacts', 'active_agents', 'closed_conversations', 'scored_message_count', 'positive_message_count',
            'neutral_message_count', 'negative_message_count', 'scored_session_count', 'positive_session_count',
            'neutral_session_count', 'negative_session_count', 'bot_resolved_session_count', 'abandoned_session_count',
            'first_response_count', 'agent_response_count', 'bot_response_count', 'end_user_response_count',
            'unanswered_session_count'
        ],
    } %}
    {% set found = [] %}
    {% for what in counts if name in counts[what] %}
        {% do found.append(what) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# A count of what is said in sessions, or a sum: 0 is said where each of them is on record, and whatever else it is made of. #}
{% macro count_on_record(count, unrecorded_count) -%}
    {%- if varargs | reject('in', unrecorded()) | list | length == varargs | length -%}
    case
        when coalesce({{ unrecorded_count }}, 0) = 0 then coalesce({{ count }}, 0)
        else nullif({{ count }}, 0)
    end
    {%- else -%}
    nullif({{ count }}, 0)
    {%- endif -%}
{%- endmacro %}


{# A count or a sum after an outer join: where nothing was told of it there was none, unless nothing could be told. Of how
   many sessions there are no messages is a column of the same relation, or is given; what else the count is made of follows. #}
{% macro or_zero(relation, name, unrecorded_count=none) -%}
    {%- set parts = made_of(name) + varargs | list -%}
    {%- set lost = parts | select('in', unrecorded()) | list if parts else [] -%}
    {%- set count = relation ~ '.' ~ name -%}
    {%- if 'messages' in parts -%}
        {{ count_on_record(count, unrecorded_count or relation ~ '.unrecorded_session_count', *lost) }}
    {%- elif not lost -%}
        coalesce({{ count }}, 0)
    {%- elif lost == ['resolutions'] and name in ['closed_session_count', 'reopened_session_count'] -%}      {#- of no sessions, none #}
        coalesce({{ count }}, case when {{ relation }}.session_count is null then 0 end)
    {%- else -%}
        nullif({{ count }}, 0)
    {%- endif -%}
{%- endmacro %}


{# The same under its own name. #}
{% macro count_or_zero(relation, name, unrecorded_count=none) -%}
    {{ or_zero(relation, name, unrecorded_count, *varargs) }} as {{ name }}
{%- endmacro %}


{# Of figures side by side: of how many sessions nothing said is on record, by the day and other keys of the mart. #}
{% macro unrecorded_beside(by) %}
    {{ return({
        'name': 'unrecorded', 'fact': ref('fct_unrecorded_days'), 'day': 'activity_date', 'where': 'not is_test_channel',
        'by': by, 'counts': ['unrecorded_session_count'], 'metrics': [], 'is_beside': true
    }) }}
{% endmacro %}


{# The same where a mart is not made of parts: a select. #}
{% macro unrecorded_by_day(day) -%}
    select
        activity_date as {{ day }},
        {{ channel_or_none() }} as channel_id,
        {{- metrics(['unrecorded_session_count']) }}
    from {{ ref('fct_unrecorded_days') }}
    where not is_test_channel and {{ in_touched_days('activity_date') }}
    group by all
{%- endmacro %}
