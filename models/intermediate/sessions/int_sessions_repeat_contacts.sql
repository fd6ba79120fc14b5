-- Grain: one row per inbound session whose contact had another session closed shortly before it.
with

concluded as (
    select
        session_id,
        messaging_user_id,
        origin,
        started_at,
        closed_at
    from {{ ref('int_sessions_concluded') }}
    {%- if is_partial_build() %}
    union all
    select
        session_id,
        messaging_user_id,
        origin,
        started_at,
        closed_at
    from {{ standing('fct_messaging_sessions') }}
    where
        not {{ in_touched_conversations() }}
        and closed_at >= (      -- of the touched sessions alone it is asked what came before them
            select coalesce(min(started_at) - interval {{ var('repeat_contact_days') }} day, timestamp '9999-12-31')
            from {{ ref('int_sessions_concluded') }}
        )
    {%- endif %}
),

contacts as {{ inlined() }} (
    select * from {{ ref('int_messaging_users_resolved') }}
),

sessions as (
    select
        concluded.session_id,
        concluded.origin,
        concluded.started_at,
        concluded.closed_at,
        contacts.contact_key
    from concluded
    inner join contacts using (messaging_user_id)
    {%- if is_partial_build() %}
    where
        contacts.contact_key in (
            select contacts.contact_key
            from {{ ref('int_sessions_concluded') }}
            inner join contacts using (messaging_user_id)
        )
    {%- endif %}
),

ends as (
    select true as is_start
    union all
    select false as is_start
),

moments as (
    select
        sessions.session_id,
        sessions.contact_key,
        ends.is_start and sessions.origin = 'inbound' as is_inbound_start,
        case when ends.is_start then sessions.started_at else sessions.closed_at end as happened_at,
        case when not ends.is_start then sessions.closed_at end as closed_at
    from sessions
    cross join ends
    where ends.is_start or sessions.closed_at is not null
),

compared as (      -- a close at the very start does not lie before it: range, and not rows
    select
        *,
        max(closed_at) over (
            partition by contact_key order by happened_at
            range between unbounded preceding and interval 1 millisecond preceding
        ) as previous_closed_at
    from moments
),

final as (
    select session_id
    from compared
    where is_inbound_start and previous_closed_at >= happened_at - interval {{ var('repeat_contact_days') }} day
)

select * from final
