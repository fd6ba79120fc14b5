-- Grain: one row per figure that the platform reports of a session or of a piece of work, with what is ours beside it.
with

events as {{ inlined() }} (
    select * from {{ ref('int_conversation_events_sessionized') }}
),

starts as (
    select session_id
    from events
    where is_conversation_start
    group by session_id
),

sessions as {{ inlined() }} (
    select * from {{ of_touched_conversations(ref('fct_messaging_sessions')) }}
),

works as {{ inlined() }} (
    select * from {{ of_touched_conversations(ref('fct_agent_work')) }}
),

session_metrics as (
    select * from {{ of_touched_conversations(ref('fct_messaging_session_metrics')) }}
),

ours as (
    {{ computed_figures('sessions', 'session_metrics', 'works') }}
),

compared as (
    select
        reports.* replace (coalesce(works.session_id, reports.session_id) as session_id),
        coalesce(of_sessions.our_value, of_works.our_value) as our_value,
        reports.figure in ('{{ (figures_of_one_source() or ['(none)']) | join("', '") }}') as is_of_one_source,
        {{ figure_as_number('reports.reported_value') }} as reported_number,
        {{ figure_as_number('coalesce(of_sessions.our_value, of_works.our_value)') }} as our_number
    from events as reports
    left join ours as of_sessions
        on
            reports.work_id is null
            and reports.session_id = of_sessions.session_id
            and reports.figure = of_sessions.figure
    left join ours as of_works
        on
            reports.conversation_id = of_works.conversation_id
            and reports.work_id = of_works.work_id
            and reports.figure = of_works.figure
    left join works on reports.conversation_id = works.conversation_id and reports.work_id = works.work_id
    where reports.is_figure_report
),

final as (
    select
        compared.event_id,
        compared.conversation_id,
        compared.session_id,
        compared.work_id,
        sessions.channel_id,
        sessions.account_id,
        compared.figure,
        compared.reported_value,
        compared.our_value,
        case
            when compared.our_value is null then 'not_recorded'
            when compared.our_value = compared.reported_value or compared.our_number = compared.reported_number
                then case when compared.is_of_one_source then 'same_source' else 'equal' end
            when {{ is_told_in_whole_seconds('compared') }} then 'whole_seconds'
            when starts.session_id is null then 'session_cut'
            else 'unexplained'
        end as reconciliation_cause,
        compared.occurred_at as reported_at,
        sessions.started_date,
        compared.reported_number,
        compared.our_number,
        cast(compared.reported_number - compared.our_number as decimal(18, 3)) as figure_difference,
        sessions.is_test_channel
    from compared
    inner join sessions using (session_id)
    left join starts using (session_id)
)

select * from final
order by reported_at
