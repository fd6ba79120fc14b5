-- Grain: one row, the build.
select
    as_of,
    build_id,
    config_fingerprint
from {{ ref('int_build') }}
