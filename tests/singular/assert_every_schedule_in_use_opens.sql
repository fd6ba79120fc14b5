{{ config(severity='warn') }}
-- A schedule without hours is never open: no time passes on it, nothing falls due, and every promise looks kept. It may
-- be meant, but more often the hours were forgotten.
with

channels as (
    select * from {{ ref('dim_channels') }}
    where business_hours_id is not null
),

open_hours as (
    select * from {{ ref('int_open_intervals_merged') }}
),

build as (
    select * from {{ ref('dim_build') }}
    where as_of is not null
)

select
    channels.channel_id,
    channels.business_hours_id
from channels
cross join build
anti join open_hours using (business_hours_id)
