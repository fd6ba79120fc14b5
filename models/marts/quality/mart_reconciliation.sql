-- Grain: one row per figure that the platform reports of a session or of a piece of work, with what is ours beside it.
with

figures as (
    select * from {{ ref('fct_reported_figures') }}
    where not is_test_channel and {{ in_touched_days('started_date') }}
),

channels as (
    select * from {{ ref('dim_channels') }}
),

final as (
    select
        figures.started_date as session_date,
        {{ id_or_none('figures.channel_id') }} as channel_id,
        channels.channel_name,
        channels.platform_type,
        figures.session_id,
        figures.work_id,
        figures.event_id,
        figures.figure,
        figures.reported_value,
        figures.our_value,
        figures.reconciliation_cause,
        figures.reported_number,
        figures.our_number,
        figures.figure_difference,
        case
            when figures.reconciliation_cause not in ('not_recorded', 'same_source')
                then figures.reconciliation_cause in ('equal', 'whole_seconds')
        end as is_reconciled
    from figures
    left join channels on figures.channel_id = channels.channel_id
)

select * from final
{{ in_order_of('session_date') }}
