-- Every figure that an event reports is one row of the fact, and one of the mart where its channel is no test; what is
-- called equal is, and a difference is what lies between the two.
with

reports as (
    select event_id
    from {{ ref('fct_conversation_events') }}
    where event_type = 'figure_reported'
),

figures as (
    select * from {{ ref('fct_reported_figures') }}
)

select
    event_id,
    figures.reconciliation_cause
from reports
full join figures using (event_id)
left join {{ ref('mart_reconciliation') }} as marts using (event_id)
where
    reports.event_id is null
    or figures.event_id is null
    or (marts.event_id is null) is distinct from figures.is_test_channel
    or (figures.our_value is null) is distinct from (figures.reconciliation_cause = 'not_recorded')
    or (
        figures.reconciliation_cause = 'same_source'
        and coalesce(figures.figure_difference != 0, figures.our_value != figures.reported_value)
    )
    or figures.figure_difference is distinct from figures.reported_number - figures.our_number
    or marts.is_reconciled is distinct from case
        when marts.event_id is not null and figures.reconciliation_cause not in ('not_recorded', 'same_source')
            then coalesce(marts.our_value = marts.reported_value, false)
                or coalesce({{ is_told_in_whole_seconds('figures') }}, false)
    end
