-- Grain: one row, the build.
select
    build_id,
    config_fingerprint,
    {{ state_under_way() }} as build_state,  -- `complete` once the whole run has succeeded: macros/build_state.sql
    '{{ var("reporting_timezone") }}' as reporting_timezone,
    as_of,
    delivery_count,
    exact_redelivery_count,
    rejected_count,
    presence_delivery_count,
    exact_presence_redelivery_count,
    rejected_presence_count
from {{ ref('int_build') }}
