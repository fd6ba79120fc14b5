-- Grain: one row per presence status: the vocabulary, and what each status means.
with

statuses as (
    select * from {{ ref('presence_statuses') }}
),

final as (
    select
        status,
        is_online,
        is_available,
        is_online and ends_focus as is_away,
        ends_focus
    from statuses
)

select * from final
